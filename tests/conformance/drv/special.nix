# Attributes that mean something to Nix.
let
  base = import ./lib/base.nix;
  dep = base { name = "dep"; outputs = [ "out" "dev" ]; };
  structured = attrs: base ({ __structuredAttrs = true; } // attrs);
in
{
  passAsFile = base { passAsFile = [ "text" ]; text = "contents"; };
  allowedReferences = base { allowedReferences = [ "out" dep ]; };
  noReferences = base { allowedReferences = [ ]; };
  allowedRequisites = base { allowedRequisites = [ dep.dev ]; };
  disallowedReferences = base { disallowedReferences = [ dep ]; };
  disallowedRequisites = base { disallowedRequisites = [ dep ]; };
  exportReferencesGraph = base { exportReferencesGraph = [ "graph" dep ]; };
  exportSeveralGraphs = base { exportReferencesGraph = [ "a" dep "b" dep.dev ]; };
  requiredFeatures = base { requiredSystemFeatures = [ "kvm" "big-parallel" ]; };
  noChroot = base { __noChroot = true; };
  darwinSandbox = base { __sandboxProfile = "(allow default)"; __impureHostDeps = [ "/usr/lib" ]; };
  structuredMinimal = structured { };
  structuredOff = base { __structuredAttrs = false; };
  structuredValues = structured {
    string = "s";
    number = 1;
    float = 1.5;
    yes = true;
    no = false;
    nothing = null;
    list = [ 1 "two" [ true ] ];
    set = { a = { b = "c"; }; "with space" = 1; };
  };
  structuredEscapes = structured { text = "quote \" backslash \\ newline \n é </x>"; };
  structuredInputs = structured { deps = [ dep dep.dev ]; nested.deep = "${dep}/bin"; src = ../files/text.txt; };
  structuredArgs = structured { args = [ "-c" "true" ]; };
  structuredOutputs = structured { outputs = [ "out" "dev" ]; };
  structuredIgnoreNulls = structured { __ignoreNulls = true; a = null; b = { c = null; }; };
  structuredFixed = structured {
    outputHashAlgo = "sha256";
    outputHash = builtins.hashString "sha256" "contents";
    outputHashMode = "recursive";
  };
  structuredOutputChecks = structured { outputChecks.out = { maxSize = 1024; disallowedReferences = [ "dev" ]; }; };
  structuredExportGraph = structured { exportReferencesGraph.graph = [ dep ]; };
  structuredPassAsFile = structured { passAsFile = [ "text" ]; text = "x"; };
  structuredEmptyCollections = structured { list = [ ]; set = { }; string = ""; };
  structuredBigNumbers = structured { n = 9223372036854775807; f = 1.0e20; small = 1.0e-7; };
}
