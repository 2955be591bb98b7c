# `derivation`: one set for each output, the first of them the result.
{ outputs ? [ "out" ], ... }@attributes:

let
  computed = derivationStrict attributes;

  all = map (output: output.value) named;

  named = map (outputName: {
    name = outputName;
    # From the right, where the sets are small.
    value = attributes // (__listToAttrs named // {
      inherit all outputName;
      inherit (computed) drvPath;
      drvAttrs = attributes;
      outPath = __getAttr outputName computed;
      type = "derivation";
    });
  }) outputs;

in (__head named).value
