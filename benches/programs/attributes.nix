# Large sets made from lists, mapped, cut and compared.
{ size ? 100000 }:
let
  inherit (builtins) attrNames attrValues intersectAttrs length listToAttrs mapAttrs removeAttrs;
  pairs = step: builtins.genList (index: { name = "name-${toString (index * step)}"; value = index; }) size;
  ones = listToAttrs (pairs 1);
  twos = listToAttrs (pairs 2);
  both = intersectAttrs ones twos;
  mapped = mapAttrs (name: value: value + builtins.stringLength name) (ones // twos);
in
{
  both = length (attrNames both);
  rest = length (attrNames (removeAttrs twos (attrNames ones)));
  sum = builtins.foldl' (sum: value: sum + value) 0 (attrValues mapped);
  same = ones == mapAttrs (_: value: value) ones;
}
