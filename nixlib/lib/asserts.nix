# Assertions that tell what is wrong.
{ lib }:
let
  inherit (builtins)
    all
    concatStringsSep
    elem
    filter
    ;
  show = value: lib.generators.toPretty { } value;
in
rec {
  # True, or an error with a message; to be used with `assert`.
  assertMsg = condition: message: condition || throw message;

  # True if a value is one of the valid ones.
  assertOneOf =
    name: value: valid:
    assertMsg (elem value valid) "${name} must be one of ${show valid}, but is: ${show value}";

  # True if all values of a list are.
  assertEachOneOf =
    name: values: valid:
    assertMsg (all (
      value: elem value valid
    ) values) "each element in ${name} must be one of ${show valid}, but is: ${show values}";

  # The value, once all assertions hold (all failed ones are told at once) and all warnings are printed.
  checkAssertWarn =
    assertions: warnings: value:
    let
      failed = filter (x: !x.assertion) assertions;
    in
    if failed == [ ] then
      lib.showWarnings warnings value
    else
      throw "\nFailed assertions:\n${concatStringsSep "\n" (map (x: "- ${x.message}") failed)}";
}
