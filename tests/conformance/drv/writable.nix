# Derivations that depend on another one's file with everything it needs. These files are looked up in the
# store, so they are written to it: this file is evaluated with a store of its own.
let
  base = import ./lib/base.nix;
  note = builtins.toFile "note" "a note";
  a = base { name = "a"; outputs = [ "out" "dev" ]; };
  b = base { name = "b"; inherit a note; };
in
{
  inherit a b;
  whole = base { x = a.drvPath; };
  wholeOfUser = base { x = b.drvPath; };
  wholeAndOutput = base { x = a.drvPath; y = a.dev; };
  exportReferencesGraph = base { exportReferencesGraph = [ "graph" b.drvPath ]; };
  inArgs = base { args = [ "cat" b.drvPath ]; };
  structured = base { __structuredAttrs = true; drvs = [ a.drvPath b.drvPath ]; };
  usedByOther = base { input = base { name = "between"; x = b.drvPath; }; };
  sourceInput = base { src = ../files/text.txt; script = builtins.toFile "script" "cat ${note}"; };
}
