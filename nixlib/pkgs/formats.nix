# `pkgs.formats`: the type of a settings option, and a function that writes such settings to
# a file. `generate` returns a text object; nixpkgs runs a converter for JSON, YAML and TOML,
# here the text is made during evaluation.
{ lib, writeText }:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    isAttrs
    isList
    mapAttrs
    toJSON
    ;
  inherit (lib) types;

  isTable = value: isAttrs value && !(value ? outPath) && !(value ? __toString);

  # A value of any depth, built from scalars, lists and attribute sets.
  nested =
    description: nullable:
    let
      scalar = with types; oneOf [ bool int float str path ];
      value = (if nullable then types.nullOr else lib.id) (
        types.oneOf [
          scalar
          (types.attrsOf value)
          (types.listOf value)
        ]
      ) // { inherit description; };
    in
    value;

  prettyJSON =
    let
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
          block "{" "}" (map (key: "${toJSON key}: ${go deeper value.${key}}") (attrNames value))
        else if isList value then
          block "[" "]" (map (go deeper) value)
        else
          toJSON value;
    in
    value: go "" value + "\n";

  # TOML: a table's own keys come before its subtables; empty tables keep their header.
  toTOML =
    let
      key = name: if builtins.match "[A-Za-z0-9_-]+" name != null then name else toJSON name;
      header = path: concatStringsSep "." (map key path);
      isTableList = value: isList value && value != [ ] && builtins.all isTable value;
      inline =
        value:
        if isTable value then
          "{ ${concatStringsSep ", " (map (name: "${key name} = ${inline value.${name}}") (attrNames value))} }"
        else if isList value then
          "[${concatStringsSep ", " (map inline value)}]"
        else if value == null then
          throw "formats.toml: TOML has no null"
        else
          toJSON value;
      table =
        path: set:
        let
          isPlain = name: !(isTable set.${name}) && !(isTableList set.${name});
          plain = filter isPlain (attrNames set);
          subtables = filter (name: !(isPlain name)) (attrNames set);
          assignments = concatStringsSep "" (map (name: "${key name} = ${inline set.${name}}\n") plain);
          sub =
            name:
            let
              here = path ++ [ name ];
            in
            if isTable set.${name} then
              [ (section "[${header here}]\n" here set.${name}) ]
            else
              map (section "[[${header here}]]\n" here) set.${name};
        in
        concatStringsSep "\n" (
          lib.optional (assignments != "") assignments ++ lib.concatMap sub subtables
        );
      section =
        title: path: set:
        let
          hasOnlyTables = set != { } && builtins.all (name: isTable set.${name}) (attrNames set);
        in
        # Headers of tables that hold nothing but tables are implied by their subtables.
        if hasOnlyTables && lib.hasPrefix "[" title && !(lib.hasPrefix "[[" title) then
          table path set
        else
          title + table path set;
    in
    table [ ];

  iniAtom = types.nullOr (types.oneOf [ types.bool types.int types.float types.str ]) // {
    description = "INI atom (null, bool, int, float or string)";
  };

  # The atom of a format whose keys may have several values.
  atomFor =
    {
      listsAsDuplicateKeys,
      listToValue,
      coerce,
    }:
    let
      orList = if coerce then types.coercedTo iniAtom lib.singleton else types.either iniAtom;
    in
    if listsAsDuplicateKeys then
      orList (types.listOf iniAtom) // { description = iniAtom.description + " or a list of them for duplicate keys"; }
    else if listToValue != null then
      orList (types.nonEmptyListOf iniAtom) // { description = iniAtom.description + " or a non-empty list of them"; }
    else
      iniAtom;

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
in
rec {
  json = { }: {
    type = nested "JSON value" true;
    generate = name: value: writeText name (prettyJSON value);
  };

  # Every JSON text is a YAML text; a YAML file is written as such.
  yaml = { }: {
    type = nested "YAML value" true;
    generate = name: value: writeText name (prettyJSON value);
  };
  yaml_1_1 = yaml;
  yaml_1_2 = yaml;

  toml = { }: {
    type = nested "TOML value" false;
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
        inherit listsAsDuplicateKeys listToValue;
        coerce = true;
      });
      generate =
        name: value:
        writeText name (lib.generators.toKeyValue (generatorArguments args) (joinLists listToValue value));
    };
}
