# `derivation`: one set for each output, the first of them the result.
{ outputs ? [ "out" ], ... }@attributes:

let
  computed = derivationStrict attributes;

  shared = attributes // (__listToAttrs named // {
    all = map (output: output.value) named;
    drvAttrs = attributes;
  });

  named = map (outputName: {
    name = outputName;
    value = shared // {
      inherit outputName;
      inherit (computed) drvPath;
      outPath = __getAttr outputName computed;
      type = "derivation";
    };
  }) outputs;

in (__head named).value
