{
  inputs = {
    sub.url = "path:./sub";
    other = {
      url = "path:./sub";
      inputs.deep.follows = "sub/deep";
    };
    again = {
      type = "path";
      path = "./sub/deep";
    };
    literal.url = ./sub/deep;
    plain = {
      url = "path:./plain";
      flake = false;
    };
    alias.follows = "sub/deep";
    within.url = "path:./sub?dir=deep";
  };
  outputs =
    inputs@{ self, ... }:
    {
      names = builtins.attrNames inputs;
      values = map (name: inputs.${name}.v) [
        "sub"
        "other"
        "again"
        "literal"
        "alias"
        "within"
      ];
      text = builtins.readFile "${inputs.plain}/file";
      kinds = builtins.mapAttrs (_: input: builtins.attrNames (removeAttrs input [ "v" ])) {
        inherit (inputs) sub plain;
      };
      places = builtins.mapAttrs (
        _: input: builtins.substring (builtins.stringLength self.outPath) 99 input.outPath
      ) (removeAttrs inputs [ "self" ]);
      same = inputs.sub.inputs.deep.outPath == inputs.other.inputs.deep.outPath;
    };
}
