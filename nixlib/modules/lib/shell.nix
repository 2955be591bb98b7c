# `lib.hm.shell`: lines of POSIX shell that set variables. Values stand in double quotes and
# are not escaped, so that they can refer to other variables.
{ lib }:

rec {
  export = name: value: ''export ${name}="${
    if builtins.isBool value then lib.boolToString value else toString value
  }"'';

  exportAll =
    variables:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList export (lib.filterAttrs (_: value: value != null) variables)
    );

  # "A:B${PATH:+:}$PATH"
  prependToVar =
    separator: name: values:
    "${lib.concatStringsSep separator values}\${${name}:+${separator}}\$${name}";
}
