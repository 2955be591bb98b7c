# A set that grows by `//`, one attribute after the other, and is looked at in between.
{ size ? 10000 }:
let
  grown = builtins.foldl' (
    set: index: set // { "name-${toString index}" = index; last = (set.last or 0) + 1; }
  ) { } (builtins.genList (index: index) size);
in
[ grown.last (builtins.length (builtins.attrNames grown)) grown."name-${toString (size / 2)}" ]
