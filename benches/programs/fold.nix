# A strict fold over generated numbers: the cheapest way through a long list.
{ size ? 2000000 }:
builtins.foldl' (sum: number: sum + number) 0 (builtins.genList (index: index) size)
