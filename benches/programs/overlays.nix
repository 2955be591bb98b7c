# A fixed point of many overlays, each of which uses what came before it and what comes out in the end.
{ size ? 20000 }:
let
  base = builtins.listToAttrs (
    builtins.genList (index: { name = "package-${toString index}"; value = index; }) 1000
  );
  overlay = index: final: previous: {
    "package-${toString index}" = (previous."package-${toString index}" or 0) + final.offset;
    "added-${toString index}" = final."package-${toString index}" + 1;
    offset = 1;
  };
  fixed =
    let
      final = builtins.foldl' (set: apply: set // apply final set) base (builtins.genList overlay size);
    in
    final;
in
builtins.foldl' (sum: name: sum + fixed.${name}) 0 (builtins.attrNames fixed)
