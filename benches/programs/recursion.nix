# Recursion nearly as deep as calls may nest, with something to do on the way back, again and again.
{ size ? 9900, times ? 200 }:
let
  down = n: if n == 0 then 0 else 1 + down (n - 1);
in
builtins.foldl' (sum: _: sum + down size) 0 (builtins.genList (index: index) times)
