# What the tests of several files use.
{ lib }:
rec {
  # A test: name, expression, expected value.
  check = name: expr: expected: { inherit name expr expected; };

  # Whether evaluating a value completely throws.
  throws = value: !(builtins.tryEval (builtins.deepSeq value null)).success;

  # The configuration of some modules.
  config = modules: (lib.evalModules { inherit modules; }).config;
  options = modules: (lib.evalModules { inherit modules; }).options;

  # The value of one option of a type with some definitions, each in a module of its own.
  merge =
    type: definitions:
    (config (
      [ { options.x = lib.mkOption { inherit type; }; } ] ++ map (x: { config = { inherit x; }; }) definitions
    )).x;

  # Whether the definitions are refused.
  refuses = type: definitions: throws (merge type definitions);
}
