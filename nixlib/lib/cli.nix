# Command lines from attribute sets.
{ lib }:
let
  inherit (builtins)
    concatLists
    concatMap
    isBool
    isList
    stringLength
    ;
  inherit (lib) escapeShellArgs mapAttrsToList;
  plain = lib.generators.mkValueStringDefault { };

  # The older interface, whose every step can be replaced.
  gnuCommandLine =
    {
      mkOptionName ? (name: if stringLength name == 1 then "-${name}" else "--${name}"),
      mkBool ? (name: value: lib.optional value (mkOptionName name)),
      mkList ? (name: concatMap (mkOption name)),
      mkOption ? (
        name: value:
        if value == null then
          [ ]
        else if optionValueSeparator == null then
          [
            (mkOptionName name)
            (plain value)
          ]
        else
          [ "${mkOptionName name}${optionValueSeparator}${plain value}" ]
      ),
      optionValueSeparator ? null,
    }:
    options:
    concatLists (
      mapAttrsToList (
        name: value:
        if isBool value then
          mkBool name value
        else if isList value then
          mkList name value
        else
          mkOption name value
      ) options
    );
in
rec {
  # A list of arguments. `format` gives for an option's name how it is written: `option`, the separator
  # `sep` (null for an argument of its own), `explicitBool` and `formatArg`.
  toCommandLine =
    format: options:
    let
      render =
        {
          option,
          sep,
          explicitBool,
          formatArg ? plain,
        }:
        value:
        if value == null || (!explicitBool && value == false) then
          [ ]
        else if !explicitBool && value == true then
          [ option ]
        else if sep == null then
          [
            option
            (formatArg value)
          ]
        else
          [ "${option}${sep}${formatArg value}" ];
      argumentsOf =
        name: value:
        if name == "" then
          throw "lib.cli.toCommandLine only accepts non-empty option names."
        else if isList value then
          concatMap (render (format name)) value
        else
          render (format name) value;
    in
    concatLists (mapAttrsToList argumentsOf options);

  # The same as text for a shell.
  toCommandLineShell = format: options: escapeShellArgs (toCommandLine format options);

  # The same in GNU's style: `--long=value` and `-s` with its value.
  toCommandLineGNU =
    {
      isLong ? (name: stringLength name > 1),
      explicitBool ? false,
      formatArg ? plain,
    }:
    toCommandLine (
      name:
      if isLong name then
        {
          option = "--${name}";
          sep = "=";
          inherit explicitBool formatArg;
        }
      else
        {
          option = "-${name}";
          sep = "";
          inherit explicitBool formatArg;
        }
    );

  # The same as text for a shell.
  toCommandLineShellGNU = style: options: escapeShellArgs (toCommandLineGNU style options);

  toGNUCommandLine = lib.warn "lib.cli.toGNUCommandLine is deprecated, please use lib.cli.toCommandLine or lib.cli.toCommandLineGNU instead." gnuCommandLine;

  toGNUCommandLineShell = lib.warn "lib.cli.toGNUCommandLineShell is deprecated, please use lib.cli.toCommandLineShell or lib.cli.toCommandLineShellGNU instead." (
    style: options: escapeShellArgs (gnuCommandLine style options)
  );
}
