# `pkgs.formats`: the type of a settings option, and a function that writes such settings to
# a file. `generate` returns a text object; nixpkgs runs a converter for JSON, YAML and TOML,
# here the text is made during evaluation.
{ lib, writeText }:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    isAttrs
    isList
    mapAttrs
    toJSON
    ;
  inherit (lib) types;

  isTable = value: isAttrs value && !(value ? outPath) && !(value ? __toString);

  prettyJSON =
    let
      # A control character that toJSON leaves as it is.
      delete = builtins.fromJSON ''"\u007f"'';
      scalar = value: builtins.replaceStrings [ delete ] [ "\\u007f" ] (toJSON value);
      go =
        indent: value:
        let
          deeper = indent + "  ";
          block =
            open: close: items:
            if items == [ ] then
              open + close
            else
              "${open}\n${deeper}${concatStringsSep ",\n${deeper}" items}\n${indent}${close}";
        in
        if isTable value then
          block "{" "}" (map (key: "${scalar key}: ${go deeper value.${key}}") (attrNames value))
        else if isList value then
          block "[" "]" (map (go deeper) value)
        else
          scalar value;
    in
    value: go "" value + "\n";

  toTOML = import ./toml.nix { inherit lib; };

  atomOf =
    description:
    types.nullOr (types.oneOf [ types.bool types.int types.float types.str ]) // { inherit description; };
  iniAtom = atomOf "INI atom (null, bool, int, float or string)";

  # The atom of a format whose keys may have several values.
  atomFor =
    {
      atom ? iniAtom,
      listsAsDuplicateKeys,
      listToValue,
      coerce,
    }:
    let
      orList = if coerce then types.coercedTo atom lib.singleton else types.either atom;
    in
    if listsAsDuplicateKeys then
      orList (types.listOf atom) // { description = atom.description + " or a list of them for duplicate keys"; }
    else if listToValue != null then
      orList (types.nonEmptyListOf atom) // { description = atom.description + " or a non-empty list of them"; }
    else
      atom;

  sectionOf = atom: types.attrsOf atom // { description = "section of an INI file (attrs of ${atom.description})"; };

  joinLists =
    listToValue: section:
    if listToValue == null then
      section
    else
      mapAttrs (_: value: if isList value then listToValue value else value) section;

  generatorArguments =
    args:
    removeAttrs args [
      "listToValue"
      "atomsCoercedToLists"
    ];

  checkLists =
    format: listsAsDuplicateKeys: listToValue:
    lib.assertMsg (!listsAsDuplicateKeys || listToValue == null)
      "formats.${format}: `listsAsDuplicateKeys` and `listToValue` exclude each other";
  yamlOf = typeName: { }: {
    type = types.serializableValueWith { inherit typeName; };
    generate = name: value: writeText name (prettyJSON value);
  };
in
rec {
  json = { }: {
    type = types.json;
    generate = name: value: writeText name (prettyJSON value);
  };

  # Every JSON text is a YAML text; a YAML file is written as such.
  yaml = yaml_1_1;
  yaml_1_1 = yamlOf "YAML 1.1";
  yaml_1_2 = yamlOf "YAML 1.2";

  toml = { }: {
    type = types.toml;
    generate = name: value: writeText name (toTOML value);
  };

  ini =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      atomsCoercedToLists ? false,
      ...
    }@args:
    assert checkLists "ini" listsAsDuplicateKeys listToValue;
    let
      atom = atomFor {
        inherit listsAsDuplicateKeys listToValue;
        coerce = atomsCoercedToLists == true;
      };
    in
    {
      type = types.attrsOf (sectionOf atom);
      lib.types.atom = atom;
      generate =
        name: value:
        writeText name (
          lib.generators.toINI (generatorArguments args) (mapAttrs (_: joinLists listToValue) value)
        );
    };

  iniWithGlobalSection =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      atomsCoercedToLists ? false,
      ...
    }@args:
    assert checkLists "iniWithGlobalSection" listsAsDuplicateKeys listToValue;
    let
      atom = atomFor {
        inherit listsAsDuplicateKeys listToValue;
        coerce = atomsCoercedToLists == true;
      };
    in
    {
      type = types.submodule {
        options = {
          sections = lib.mkOption {
            type = types.attrsOf (sectionOf atom);
            default = { };
            description = "Sections of the file.";
          };
          globalSection = lib.mkOption {
            type = sectionOf atom;
            default = { };
            description = "Keys before the first section.";
          };
        };
      };
      lib.types.atom = atom;
      generate =
        name:
        {
          sections ? { },
          globalSection ? { },
          ...
        }:
        writeText name (
          lib.generators.toINIWithGlobalSection (generatorArguments args) {
            globalSection = joinLists listToValue globalSection;
            sections = mapAttrs (_: joinLists listToValue) sections;
          }
        );
    };

  gitIni =
    {
      listsAsDuplicateKeys ? false,
      ...
    }:
    let
      atom = atomFor {
        inherit listsAsDuplicateKeys;
        listToValue = null;
        coerce = false;
      };
    in
    {
      type = types.attrsOf (types.attrsOf (types.either atom (types.attrsOf atom)));
      lib.types.atom = atom;
      generate = name: value: writeText name (lib.generators.toGitINI value);
    };

  # systemd.syntax(7); a null is written as a comment, so that the file shows what was left unset.
  systemd = ini {
    listsAsDuplicateKeys = true;
    mkKeyValue =
      key: value:
      if value == null then "# ${key} is unset" else "${key} = ${lib.generators.mkValueStringDefault { } value}";
  };

  keyValue =
    {
      listsAsDuplicateKeys ? false,
      listToValue ? null,
      ...
    }@args:
    assert checkLists "keyValue" listsAsDuplicateKeys listToValue;
    {
      type = types.attrsOf (atomFor {
        atom = atomOf "atom (null, bool, int, float or string)";
        inherit listsAsDuplicateKeys listToValue;
        coerce = true;
      });
      generate =
        name: value:
        writeText name (lib.generators.toKeyValue (generatorArguments args) (joinLists listToValue value));
    };

  # Property lists, as macOS keeps them.
  plist =
    {
      escape ? true,
    }:
    {
      type =
        let
          value = types.nullOr (
            with types; oneOf [ bool int float str path (attrsOf value) (listOf value) ]
          ) // { description = "Property list (plist) value"; };
        in
        value;
      generate = name: value: writeText name (lib.generators.toPlist { inherit escape; } value);
    };

  # HCL in its JSON form, in which a block is a list of sets.
  hcl1 =
    args:
    let
      asBlocks =
        value:
        if isList value then
          map asBlocks value
        else if isAttrs value && !lib.isDerivation value then
          [ (mapAttrs (_: asBlocks) value) ]
        else
          value;
      base = json args;
    in
    base
    // {
      generate = name: value: base.generate name (mapAttrs (_: asBlocks) value);
    };
}
