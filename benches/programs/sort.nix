# Sorting with a comparator written in Nix, over numbers in no order.
{ size ? 300000 }:
let
  remainder = number: by: number - number / by * by;
  numbers = builtins.genList (index: remainder (index * 7919 + 104729) 1000003) size;
  sorted = builtins.sort (left: right: left < right) numbers;
in
[ (builtins.head sorted) (builtins.elemAt sorted (size / 2)) (builtins.elemAt sorted (size - 1)) ]
