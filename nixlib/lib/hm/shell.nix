# Shell code from values, and the options by which programs are tied into shells.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    foldl'
    isBool
    stringLength
    ;

  integrationOption =
    shell:
    {
      config,
      baseName ? shell,
      extraDescription ? "",
    }:
    let
      attribute = "enable${baseName}Integration";
    in
    lib.mkOption {
      type = lib.types.bool;
      default = config.home.shell.${attribute};
      defaultText = lib.literalMD "[](#opt-home.shell.${attribute})";
      example = false;
      description =
        "Whether to enable ${shell} integration."
        + lib.optionalString (extraDescription != "") "\n\n${extraDescription}";
    };
in
rec {
  # An assignment to an exported variable; the value may refer to others.
  export =
    name: value:
    "export ${name}=\"${if isBool value then lib.boolToString value else toString value}\"";

  # Assignments of all variables that are not null.
  exportAll =
    variables:
    concatStringsSep "\n" (
      lib.mapAttrsToList export (lib.filterAttrs (_: value: value != null) variables)
    );

  # Values put before those of a variable that may be unset.
  prependToVar =
    separator: name: values:
    "${concatStringsSep separator values}\${${name}:+${separator}}\$${name}";

  # Words in lines of at most a width; a longer word has a line of its own.
  wrapLines =
    words: width:
    let
      add =
        lines: word:
        let
          joined = if lines.current == "" then word else "${lines.current} ${word}";
        in
        if stringLength joined <= width then
          lines // { current = joined; }
        else
          {
            done = lines.done ++ [ lines.current ];
            current = word;
          };
      result = foldl' add {
        done = [ ];
        current = "";
      } words;
    in
    result.done ++ lib.optional (result.current != "") result.current;

  # The elements of an array, quoted and indented.
  formatShellArrayContent =
    items: "\n  ${concatStringsSep "\n  " (wrapLines (map lib.escapeShellArg items) 78)}\n";

  # Options `enableSHELLIntegration`, by default as `home.shell` has it.
  mkBashIntegrationOption = integrationOption "Bash";
  mkFishIntegrationOption = integrationOption "Fish";
  mkIonIntegrationOption = integrationOption "Ion";
  mkNushellIntegrationOption = integrationOption "Nushell";
  mkZshIntegrationOption = integrationOption "Zsh";
}
