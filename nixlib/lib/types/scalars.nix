# Types without parts: booleans, numbers, strings, paths, packages, and those that take anything.
{ lib, core }:
let
  inherit (builtins)
    concatStringsSep
    elem
    foldl'
    hasContext
    head
    isAttrs
    isBool
    isFloat
    isInt
    isPath
    isString
    length
    match
    substring
    toJSON
    typeOf
    ;
  inherit (core)
    addCheck
    defaultFunctor
    isNoun
    optionDescriptionPhrase
    ownType
    ;
  inherit (lib.options)
    getFiles
    getValues
    mergeEqualOption
    mergeOneOption
    showFiles
    showOption
    ;
  inherit (lib.strings) escapeNixString isStringLike;

  # A type whose definitions must all be the same value.
  atom =
    name: description: check:
    ownType {
      inherit name description check;
      descriptionClass = "noun";
      merge = mergeEqualOption;
    };

  # A narrowed type under a name of its own.
  narrowed =
    type: name: description: predicate:
    addCheck type predicate
    // {
      inherit name description;
    };

  restricted =
    type: name: description: predicate:
    narrowed type name description predicate
    // {
      descriptionClass = "nonRestrictiveClause";
    };

  # What `anything` merges a value as: its type, with sets that convert to strings taken as atoms.
  kindOf = value: if isAttrs value && isStringLike value then "stringCoercibleSet" else typeOf value;

  identical = a: b: if a == b then a else null;
in
rec {
  # One definition, left as it is.
  raw = ownType {
    name = "raw";
    description = "raw value";
    descriptionClass = "noun";
    merge = mergeOneOption;
  };

  # Sets are merged by attribute, functions by result, everything else must be equal.
  anything = ownType {
    name = "anything";
    description = "anything";
    descriptionClass = "noun";
    merge =
      loc: defs:
      let
        kind = kindOf (head defs).value;
      in
      if !builtins.all (def: kindOf def.value == kind) defs then
        throw "The option `${showOption loc}' has conflicting option types in ${showFiles (getFiles defs)}"
      else if kind == "set" then
        anySet.merge loc defs
      else if kind == "stringCoercibleSet" then
        mergeOneOption loc defs
      else if kind == "lambda" then
        argument:
        anything.merge (loc ++ [ "<function body>" ]) (
          map (def: def // { value = def.value argument; }) defs
        )
      else
        mergeEqualOption loc defs;
  };
  anySet = lib.types.attrsOf anything;

  # Whatever mergeDefaultOption can merge.
  unspecified = ownType {
    name = "unspecified";
    description = "unspecified value";
    descriptionClass = "noun";
  };

  # Booleans; several definitions have to agree.
  bool = atom "bool" "boolean" isBool;

  # Booleans, true if one definition is.
  boolByOr = ownType {
    name = "boolByOr";
    description = "boolean (merged using or)";
    descriptionClass = "noun";
    check = isBool;
    merge = _: builtins.any (def: def.value);
  };

  # Numbers.
  int = atom "int" "signed integer" isInt;
  float = atom "float" "floating point number" isFloat;
  number = lib.types.either int float;
  port = ints.u16;

  # Integers in a range, by its bounds or by their width in bits.
  ints =
    let
      range = lowest: highest: "${toString lowest} and ${toString highest} (both inclusive)";
      between =
        lowest: highest:
        assert lib.assertMsg (lowest <= highest) "ints.between: lowest must be smaller than highest";
        narrowed int "intBetween" "integer between ${range lowest highest}" (
          x: x >= lowest && x <= highest
        );
      sized =
        lowest: highest: name: words:
        between lowest highest
        // {
          inherit name;
          description = "${words}; between ${range lowest highest}";
        };
      unsignedOf =
        bits: count:
        sized 0 (count - 1) "unsignedInt${toString bits}" "${toString bits} bit unsigned integer";
      signedOf =
        bits: count:
        sized (0 - count / 2) (count / 2 - 1) "signedInt${toString bits}"
          "${toString bits} bit signed integer";
    in
    {
      inherit between;
      unsigned = restricted int "unsignedInt" "unsigned integer, meaning >=0" (x: x >= 0);
      positive = restricted int "positiveInt" "positive integer, meaning >0" (x: x > 0);
      u8 = unsignedOf 8 256;
      u16 = unsignedOf 16 65536;
      u32 = unsignedOf 32 4294967296;
      s8 = signedOf 8 256;
      s16 = signedOf 16 65536;
      s32 = signedOf 32 4294967296;
    };

  # Integers and floats in a range.
  numbers = {
    between =
      lowest: highest:
      assert lib.assertMsg (lowest <= highest) "numbers.between: lowest must be smaller than highest";
      narrowed number "numberBetween"
        "integer or floating point number between ${toJSON lowest} and ${toJSON highest} (both inclusive)"
        (x: x >= lowest && x <= highest);
    nonnegative =
      restricted number "numberNonnegative" "nonnegative integer or floating point number, meaning >=0"
        (x: x >= 0);
    positive =
      restricted number "numberPositive" "positive integer or floating point number, meaning >0"
        (x: x > 0);
  };

  # Strings; several definitions have to agree.
  str = atom "str" "string" isString;

  # Strings with more than blanks in them.
  nonEmptyStr = atom "nonEmptyStr" "non-empty string" (
    x: isString x && match "[ \t\n]*" x == null
  );

  # One line; its newline at the end, if any, is dropped.
  singleLineStr = ownType {
    name = "singleLineStr";
    description = "(optionally newline-terminated) single-line string";
    descriptionClass = "noun";
    inherit (strMatching "[^\n\r]*\n?") check;
    merge = loc: defs: lib.removeSuffix "\n" (mergeEqualOption loc defs);
  };

  # Strings that a regular expression matches as a whole.
  strMatching =
    pattern:
    ownType {
      name = "strMatching ${escapeNixString pattern}";
      description = "string matching the pattern ${pattern}";
      descriptionClass = "noun";
      check = x: isString x && match pattern x != null;
      merge = mergeEqualOption;
      functor = defaultFunctor "strMatching" // {
        type = payload: strMatching payload.pattern;
        payload = { inherit pattern; };
        binOp = identical;
      };
    };

  # Several definitions are joined.
  separatedString =
    sep:
    ownType {
      name = "separatedString";
      description = "strings concatenated with ${toJSON sep}";
      descriptionClass = "noun";
      check = isString;
      merge = _: defs: concatStringsSep sep (getValues defs);
      functor = defaultFunctor "separatedString" // {
        payload = { inherit sep; };
        type = payload: separatedString payload.sep;
        binOp = identical;
      };
    };

  # Texts joined by newlines, commas, colons.
  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";

  # The old name of a string joined with nothing between.
  string = separatedString "" // {
    name = "string";
    deprecationMessage = "See https://github.com/NixOS/nixpkgs/pull/66346 for better alternative types.";
  };

  # Strings that fit into a field of /etc/passwd.
  passwdEntry =
    type:
    restricted type "passwdEntry ${type.name}"
      "${optionDescriptionPhrase isNoun type}, not containing newlines or colons"
      (text: match ".*[:\n].*" text == null);

  # Sets, the later definition's attributes winning. `attrsOf` is nearly always better.
  attrs = ownType {
    name = "attrs";
    description = "attribute set";
    check = isAttrs;
    merge = _: foldl' (merged: def: merged // def.value) { };
    emptyValue.value = { };
  };

  # File sets; several definitions are united.
  fileset = ownType {
    name = "fileset";
    description = "fileset";
    descriptionClass = "noun";
    check = lib.fileset.isFileset;
    merge = _: defs: lib.fileset.unions (getValues defs);
    emptyValue.value = lib.fileset.empty;
  };

  # A derivation or a store path. Plain paths are turned into something with the attributes of a derivation.
  package = ownType {
    name = "package";
    descriptionClass = "noun";
    check = x: lib.isDerivation x || lib.isStorePath x;
    merge =
      loc: defs:
      let
        value = mergeOneOption loc defs;
      in
      if isPath value || (isString value && !hasContext value) then lib.toDerivation value else value;
  };

  # A package that can be a login shell.
  shellPackage = package // {
    check = x: lib.isDerivation x && x ? shellPath;
  };

  # A whole package set.
  pkgs = addCheck (
    lib.types.unique { message = "Two package sets cannot be merged into one."; } attrs
    // {
      name = "pkgs";
      descriptionClass = "noun";
      description = "Nixpkgs package set";
    }
  ) (x: x._type or null == "pkgs");

  # Absolute paths; in the store; not in the store.
  path = pathWith { absolute = true; };
  pathInStore = pathWith { inStore = true; };
  externalPath = pathWith {
    absolute = true;
    inStore = false;
  };

  # A path, with demands on where it points; null demands nothing.
  pathWith =
    {
      inStore ? null,
      absolute ? null,
    }:
    let
      words =
        (
          if absolute == null then
            ""
          else if absolute then
            "absolute "
          else
            "relative "
        )
        + "path"
        + (
          if inStore == null then
            ""
          else if inStore then
            " in the Nix store"
          else
            " not in the Nix store"
        );
      pointsToStore =
        x:
        lib.path.hasStorePathPrefix (if isPath x then x else /. + builtins.unsafeDiscardStringContext x);
      isAbsolute = x: substring 0 1 (toString x) == "/";
    in
    lib.throwIf (inStore == true && absolute == false)
      "In pathWith, inStore means the path must be absolute"
      (ownType {
        name = "path";
        description = words;
        descriptionClass = "noun";
        merge = mergeEqualOption;
        # A path value may be copied to the store later, so it is never "not in the store".
        check =
          x:
          (if inStore == false then isString x else isStringLike x)
          && (inStore == null || pointsToStore x == inStore)
          && (absolute == null || isAbsolute x == absolute);
        functor = defaultFunctor "path" // {
          type = pathWith;
          payload = { inherit inStore absolute; };
          binOp = identical;
        };
      });

  # A piece of Lua code, as lib.generators.mkLuaInline makes it.
  luaInline = atom "luaInline" "inline lua" (x: x._type or null == "lua-inline");

  # One of a list of values.
  enum =
    values:
    let
      show =
        value:
        if isString value then
          ''"${value}"''
        else if isInt value then
          toString value
        else if isBool value then
          lib.boolToString value
        else
          "<${typeOf value}>";
      count = length values;
    in
    ownType {
      name = "enum";
      description =
        if count == 0 then
          "impossible (empty enum)"
        else if count == 1 then
          "value ${show (head values)} (singular enum)"
        else
          "one of ${concatStringsSep ", " (map show values)}";
      descriptionClass = if count < 2 then "noun" else "conjunction";
      check = x: elem x values;
      merge = mergeEqualOption;
      functor = defaultFunctor "enum" // {
        payload = { inherit values; };
        type = payload: enum payload.values;
        binOp = a: b: { values = lib.unique (a.values ++ b.values); };
      };
    };
}
