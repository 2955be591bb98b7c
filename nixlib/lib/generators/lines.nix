# Formats of one line per key: key-value files, INI, Git's configuration, dconf.
{ lib }:
let
  inherit (builtins)
    any
    attrNames
    attrValues
    concatMap
    concatStringsSep
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    length
    mapAttrs
    replaceStrings
    tail
    ;
  inherit (lib) isDerivation isFunction;
  inherit (lib.strings) escape floatToString hasInfix splitString;

  escapeBrackets = escape [
    "["
    "]"
  ];

  toList = f: set: attrValues (mapAttrs f set);
in
rec {
  # A scalar as most formats want it.
  mkValueStringDefault =
    { }:
    value:
    let
      refuse =
        what: abort "generators.mkValueStringDefault: ${what} not supported: ${
          lib.generators.toPretty { } value
        }";
    in
    if isString value then
      value
    else if isInt value || isDerivation value then
      toString value
    else if isBool value then
      lib.boolToString value
    else if value == null then
      "null"
    else if isFloat value then
      floatToString value
    else if isList value then
      refuse "lists"
    else if isFunction value && !isAttrs value then
      refuse "functions"
    else if isAttrs value then
      refuse "attrsets"
    else
      refuse "this value is";

  # `key SEP value`, the separator escaped in keys.
  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    separator: key: value:
    "${escape [ separator ] key}${separator}${mkValueString value}";

  # One line for each attribute, or for each element of a list if so asked.
  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    let
      line = key: value: "${indent}${mkKeyValue key value}\n";
      linesOf =
        key: value:
        if listsAsDuplicateKeys && isList value then
          concatStringsSep "" (map (line key) value)
        else
          line key value;
    in
    set: concatStringsSep "" (toList linesOf set);

  # INI: sections of keys and values.
  toINI =
    {
      mkSectionName ? escapeBrackets,
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    sections:
    let
      section =
        name: values:
        "[${mkSectionName name}]\n${toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values}";
    in
    concatStringsSep "\n" (toList section sections);

  # INI whose first keys stand before any section.
  toINIWithGlobalSection =
    {
      mkSectionName ? escapeBrackets,
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    {
      globalSection,
      sections ? { },
    }:
    (
      if globalSection == { } then
        ""
      else
        toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\n"
    )
    + toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections;

  # Git's configuration: `a.b.c = x` is `c = x` in section `a`, subsection `b`.
  toGitINI =
    let
      sectionName =
        name:
        let
          parts = splitString "." name;
        in
        if hasInfix "\"" name || length parts == 1 then
          name
        else
          "${head parts} \"${concatStringsSep "." (tail parts)}\"";

      valueString =
        value:
        mkValueStringDefault { } (
          if isString value then
            "\"${replaceStrings [ "\n" "\t" "\"" "\\" ] [ "\\n" "\\t" "\\\"" "\\\\" ] value}\""
          else
            value
        );

      keyValue =
        key: value:
        let
          line = x: "\t${mkKeyValueDefault { mkValueString = valueString; } " = " key x}";
        in
        if isList value then concatStringsSep "\n" (map line value) else line value;

      isSection = value: isAttrs value && !isDerivation value;

      # Each value below a section, as a set of one section with one key.
      settings =
        path: value:
        if isSection value then
          concatMap (name: settings (path ++ [ name ]) value.${name}) (attrNames value)
        else if length path == 1 then
          [ { ${head path} = value; } ]
        else
          [ { ${concatStringsSep "." (lib.init path)}.${lib.last path} = value; } ];

      isNested = value: isAttrs value && any isSection (attrValues value);

      flatten =
        set:
        let
          nested = lib.filterAttrs (_: isNested) set;
        in
        removeAttrs set (attrNames nested) // foldl' lib.recursiveUpdate { } (settings [ ] nested);
    in
    set:
    toINI {
      mkSectionName = sectionName;
      mkKeyValue = keyValue;
    } (flatten set);

  # A line of a dconf key file, the value in GVariant notation.
  mkDconfKeyValue = mkKeyValueDefault {
    mkValueString = value: toString (lib.gvariant.mkValue value);
  } "=";

  # A dconf key file.
  toDconfINI = toINI { mkKeyValue = mkDconfKeyValue; };
}
