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

  define = name: value: "${name}=${toZshValue value}";
  defineAll = variables: concatStringsSep "\n" (lib.mapAttrsToList define variables);
  export = name: value: "export ${define name value}";

  exportAll =
    variables:
    {
      indent ? "",
    }:
    concatStringsSep "\n${indent}" (
      lib.mapAttrsToList export (lib.filterAttrs (_: value: value != null) variables)
    );
}
