# TOML from a value, written as nixpkgs' converter writes it: quotes that need no escapes where there are some, a
# table's own keys before its subtables, no header for tables that hold nothing but tables.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatStringsSep
    elemAt
    filter
    fromJSON
    isAttrs
    isFloat
    isList
    match
    replaceStrings
    stringLength
    toJSON
    ;
  inherit (lib) hasInfix;

  isTable = value: isAttrs value && !(value ? outPath) && !(value ? __toString);
  isTableList = value: isList value && value != [ ] && builtins.all isTable value;

  # Control characters but for tab and newline, which only an escape can write.
  controls = fromJSON ''"[\u0001-\u0008\u000b-\u001f\u007f]"'';
  delete = fromJSON ''"\u007f"'';
  hex = lib.genList (n: "\\u00${lib.fixedWidthString 2 "0" (lib.toLower (lib.toHexString n))}") 32;
  capitals = lib.genList (n: "\\u00${lib.fixedWidthString 2 "0" (lib.toHexString n)}") 32;

  escaped = text: replaceStrings (hex ++ [ delete ]) (capitals ++ [ "\\u007F" ]) (toJSON text);

  quoted =
    severalLines: text:
    let
      isPlain = builtins.length (builtins.split controls text) == 1;
      newline = hasInfix "\n" text;
      # Not part of the text.
      start = if newline then "\n" else "";
      backslash = hasInfix "\\" text;
    in
    if isPlain && !newline && !backslash && !(hasInfix "\"" text) then
      "\"${withoutTabs text}\""
    else if isPlain && !newline && !(hasInfix "'" text) then
      "'${text}'"
    else if !severalLines then
      escaped text
    else if isPlain && !backslash && !(hasInfix "\"\"\"" text) then
      "\"\"\"${start}${withoutTabs text}\"\"\""
    else if isPlain && !(hasInfix "'''" text) then
      "'''${start}${text}'''"
    else if newline then
      "\"\"\"${start}${lib.concatMapStringsSep "\n" line (lib.splitString "\n" text)}\"\"\""
    else
      escaped text;
  withoutTabs = replaceStrings [ "\t" ] [ "\\t" ];

  # A line between three quotes: only three in a row need an escape.
  line =
    text:
    replaceStrings [ "\\\\" ''\"\"\"'' ''\"'' ] [ "\\\\" ''""\"'' ''"'' ] (
      lib.removeSuffix "\"" (lib.removePrefix "\"" (escaped text))
    );

  key = name: if match "[A-Za-z0-9_-]+" name != null then name else quoted false name;
  header = path: concatStringsSep "." (map key path);

  # Floats without exponents.
  float =
    value:
    let
      text = toJSON value;
      parts = match "(-?)([0-9]+)(\.([0-9]+))?e([+-])([0-9]+)" text;
      part = elemAt parts;
      fraction = if part 3 == null then "" else part 3;
      digits = part 1 + fraction;
      exponent = lib.toIntBase10 (part 5);
      zeros = lib.strings.replicate;
    in
    if parts == null then
      text
    else if part 4 == "+" then
      "${part 0}${digits}${zeros (exponent - stringLength fraction) "0"}.0"
    else
      "${part 0}0.${zeros (exponent - 1) "0"}${digits}";

  inline =
    value:
    if isTable value then
      if value == { } then
        "{}"
      else
        "{ ${concatStringsSep ", " (map (name: "${key name} = ${inline value.${name}}") (attrNames value))} }"
    else if isList value then
      "[${concatStringsSep ", " (map inline value)}]"
    else if value == null then
      throw "formats.toml: TOML has no null"
    else if isFloat value then
      float value
    else if builtins.isInt value || builtins.isBool value then
      toJSON value
    else
      quoted true (fromJSON (toJSON value));

  table =
    path: set:
    let
      isPlain = name: !(isTable set.${name}) && !(isTableList set.${name});
      plain = filter isPlain (attrNames set);
      subtables = filter (name: !(isPlain name)) (attrNames set);
      assignments = concatStringsSep "" (map (name: "${key name} = ${inline set.${name}}
") plain);
      sub =
        name:
        let
          here = path ++ [ name ];
        in
        if isTable set.${name} then
          [ (section "[${header here}]
" here set.${name}) ]
        else
          map (element: "[[${header here}]]
" + below here element) set.${name};
    in
    concatStringsSep "
" (lib.optional (assignments != "") assignments ++ builtins.concatMap sub subtables);

  hasOnlyTables =
    set: set != { } && builtins.all (name: isTable set.${name} || isTableList set.${name}) (attrNames set);

  # What follows a header: an empty line when there is nothing before the first subtable.
  below = path: set: (if hasOnlyTables set then "\n" else "") + table path set;

  # The header of a table that holds nothing but tables is implied by theirs.
  section = title: path: set: if hasOnlyTables set then table path set else title + below path set;
in
table [ ]
