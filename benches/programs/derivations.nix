# Derivations that depend on each other: hashing, and strings that know what they came from.
{ size ? 10000 }:
let
  make = previous: index: derivation {
    name = "step-${toString index}";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "echo ${previous} > $out" ];
    number = index;
    outputs = [ "out" "dev" ];
  };
in
(builtins.foldl' (
  previous: index: let made = make "${previous}" index; in builtins.seq made.drvPath made
) (make "/none" 0) (builtins.genList (index: index + 1) size)).drvPath
