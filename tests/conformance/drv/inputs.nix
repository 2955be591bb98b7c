# Where the inputs of a derivation come from: the contexts of its strings.
let
  base = import ./lib/base.nix;
  a = base { name = "a"; };
  b = base { name = "b"; inherit a; };
  c = base { name = "c"; inherit a b; };
  note = builtins.toFile "note" "a note";
  source = builtins.path {
    path = ../files/tree;
    name = "source";
    filter = path: type: type != "symlink";
  };
in
{
  inherit a b c;
  inName = base { name = "${builtins.unsafeDiscardStringContext (baseNameOf a)}-suffix"; };
  inBuilder = base { builder = "${a}/bin/sh"; };
  inArgs = base { args = [ "${a}" "${b}/x" ]; };
  inSystem = base { system = "${builtins.substring 0 0 "${a}"}x86_64-linux"; };
  diamond = base { inputs = [ b c ]; };
  twice = base { x = a; y = a; };
  emptyStringWithContext = base { x = builtins.substring 0 0 "${a}"; };
  discarded = base { x = builtins.unsafeDiscardStringContext "${a}"; };
  toFileInput = base { inherit note; };
  toFileWithReference = base { script = builtins.toFile "script" "cat ${note}\n"; };
  textTwice = base { x = note; y = note; };
  sourceInput = base { src = source; };
  sourceSubdirectory = base { src = "${source}/sub"; };
  pathInterpolated = base { src = "${../files/tree}/a.txt"; };
  flatSource = base { src = builtins.path { path = ../files/text.txt; recursive = false; name = "flat"; }; };
  filteredSource = base { src = builtins.filterSource (path: type: type == "regular") ../files/tree; };
  drvPathOutputDependency = base { x = builtins.unsafeDiscardOutputDependency a.drvPath; };
  drvPathDiscarded = base { x = builtins.unsafeDiscardStringContext a.drvPath; };
  appendedContext = base {
    x = builtins.appendContext "text" { ${builtins.unsafeDiscardStringContext a.drvPath} = { outputs = [ "out" ]; }; };
  };
  json = base { config = builtins.toJSON { inherit a; n = [ 1 note ]; }; };
  chain = builtins.foldl' (dep: n: base { name = "link-${toString n}"; inherit dep; }) a (builtins.genList (n: n) 20);
  wide = base { deps = builtins.genList (n: base { name = "leaf-${toString n}"; }) 20; };
  overridden = base (a.drvAttrs // { name = "over"; });
}
