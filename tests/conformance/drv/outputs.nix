# Outputs, and references to them.
let
  base = import ./lib/base.nix;
  multi = base { name = "multi"; outputs = [ "out" "dev" "doc" ]; };
in
{
  inherit multi;
  onlyOut = base { outputs = [ "out" ]; };
  notOut = base { outputs = [ "lib" ]; };
  outLast = base { outputs = [ "dev" "out" ]; };
  refersToDefault = base { input = multi; };
  refersToOut = base { input = multi.out; };
  refersToDev = base { input = multi.dev; };
  refersToSeveral = base { inputs = [ multi.dev multi.doc multi ]; };
  refersInterpolated = base { text = "${multi.dev}/include:${multi.doc}/share"; };
  refersToFirstOutput = base { input = base { outputs = [ "dev" "out" ]; name = "ordered"; }; };
  refersToAll = base { inputs = multi.all; };
  outputsAsVariables = base { outputs = [ "out" "bin" ]; out_ = builtins.placeholder "bin"; };
}
