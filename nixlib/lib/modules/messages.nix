# The longer error messages of the module system, kept apart from the code that runs when all is well.
{ lib }:
let
  inherit (builtins) attrNames head length;
  inherit (lib)
    attrByPath
    concatStringsSep
    filter
    init
    last
    optionalString
    remove
    sortOn
    take
    ;
  inherit (lib.options) showDefs showOption unknownModule;
  inherit (lib.strings) escapeNixString levenshtein levenshteinAtMost;

  # Up to three option names that look like the wrong one, nearest first. Levels with very many names,
  # where sorting all of them would take long, only offer near misses.
  nearestNames =
    wrong: names:
    let
      candidates =
        if length names < 100 then names else filter (levenshteinAtMost 2 wrong) names;
    in
    take 3 (sortOn (levenshtein wrong) candidates);

  didYouMean =
    parent: names:
    let
      quoted = map (name: "`${showOption (parent ++ [ name ])}'") names;
    in
    optionalString (names != [ ]) "\n\nDid you mean ${
      if length quoted == 1 then
        head quoted
      else
        "${concatStringsSep ", " (init quoted)} or ${last quoted}"
    }?";
in
{
  # For the first definition that matches no option.
  unknownOption =
    {
      prefix,
      definition,
      options,
    }:
    let
      loc = prefix ++ definition.prefix;
      name = showOption loc;
      parent = init definition.prefix;
      siblings = attrNames (attrByPath parent { } options);
      suggestions = nearestNames (last loc) (
        if parent == [ ] then remove "_module" siblings else siblings
      );
      values =
        builtins.addErrorContext
          "while evaluating the error message for definitions for `${name}', which is an option that does not exist"
          (
            builtins.addErrorContext "while evaluating a definition from `${definition.file}'" (showDefs [
              definition
            ])
          );
      base = "The option `${name}' does not exist. Definition values:${values}${
        didYouMean (prefix ++ parent) suggestions
      }";
    in
    if attrNames options != [ "_module" ] then
      base
    else if prefix == [ ] then
      ''
        ${base}

        It seems as if you're trying to declare an option by placing it into `config' rather than `options'!
      ''
    else
      ''
        ${base}

        No options are declared in `${showOption prefix}' at all.
        This can happen if you e.g. declared your options in `types.submodule' under `config', where they are
        definitions; declarations belong into `options'.
      '';

  # For a set of another kind (a flake, a configuration, an option …) where a module belongs.
  notAModule =
    {
      file,
      type,
      class,
      prefix,
    }:
    let
      module = if class == null then "modules.someApp" else "modules.${class}";
      hints = {
        configuration = ''

          This looks like the result of an evaluation. Instead, please only import the modules that make up the configuration;
          a `let` binding or a file of their own may help to get at them.
        '';
        flake = ''

          Perhaps an attribute name is missing? Instead of `inputs.someflake`, write for example `inputs.someflake.${module}.default`${
            optionalString (class == "nixos") " or `inputs.someflake.nixosModules.default`"
          }${optionalString (class == "darwin") " or `inputs.someflake.darwinModules.default`"}.
        '';
      };
    in
    "Expected a module, but found a value of type ${escapeNixString type}"
    + optionalString (
      file != null && file != unknownModule
    ) ", while trying to load a module into ${toString file}"
    + optionalString (prefix != [ ]) ", while trying to load a module into ${showOption prefix}"
    + ''
      .

      Modules are loaded from the `imports` of other modules and from the `modules` argument of functions like
      evalModules. Each item there has to be a module, not a different kind of value.
    ''
    + hints.${type} or "";
}
