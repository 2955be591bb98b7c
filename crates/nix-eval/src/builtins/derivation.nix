# `derivation`: one set for each output, the first of them the result.
{ outputs ? [ "out" ], ... }@attributes:

let
  computed = derivationStrict attributes;

  shared = attributes // builtins.listToAttrs named // {
    all = map (output: output.value) named;
    drvAttrs = attributes;
  };

  named = map (outputName: {
    name = outputName;
    value = shared // {
      inherit outputName;
      inherit (computed) drvPath;
      outPath = builtins.getAttr outputName computed;
      type = "derivation";
    };
  }) outputs;

in (builtins.head named).value
