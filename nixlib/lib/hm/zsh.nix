# Z shell code from values.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    isBool
    isList
    isString
    ;
  shell = import ./shell.nix { inherit lib; };
in
rec {
  # A value in the notation of Z shell.
  toZshValue =
    value:
    if isBool value then
      lib.boolToString value
    else if isString value then
      "\"${lib.escape [ "\\" "\"" "`" ] value}\""
    else if isList value then
      "(${shell.formatShellArrayContent (map toString value)})"
    else
      "\"${toString value}\"";

  # An assignment.
  define = name: value: "${name}=${toZshValue value}";

  # Assignments of all variables of a set.
  defineAll = variables: concatStringsSep "\n" (lib.mapAttrsToList define variables);

  # An assignment that is exported.
  export = name: value: "export ${define name value}";

  # Exported assignments of all variables that are not null.
  exportAll =
    variables:
    {
      indent ? "",
    }:
    concatStringsSep "\n${indent}" (
      lib.mapAttrsToList export (lib.filterAttrs (_: value: value != null) variables)
    );
}
