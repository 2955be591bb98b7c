# Strings: joining, cutting, testing, changing case, paths for search variables, names of packages.
#
# Escaping, conversions and comparing are in strings/.
{ lib }:
let
  inherit (builtins)
    attrValues
    concatMap
    concatStringsSep
    elem
    filter
    foldl'
    genList
    head
    isList
    isPath
    isString
    mapAttrs
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    typeOf
    unsafeDiscardStringContext
    ;

  escaping = import ./strings/escape.nix { inherit lib; };
  conversions = import ./strings/convert.nix { inherit lib; };
  comparing = import ./strings/compare.nix { inherit lib; };

  # A path value where a string belongs would be copied to the store and never match.
  needsString =
    function: value:
    lib.warnIf (isPath value)
      "lib.strings.${function}: ${toString value} is a path value where a string is expected; the comparison never matches, and the path is copied to the store. This will become an error.";

  onlyString =
    function: value:
    lib.throwIfNot (isString value) "${function} does only accepts string values, but got ${typeOf value}";

  lower = conversions.characters "abcdefghijklmnopqrstuvwxyz";
  upper = conversions.characters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
in
rec {
  inherit (builtins)
    appendContext
    compareVersions
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    fromJSON
    genList
    head
    isAttrs
    isInt
    isList
    isPath
    isString
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  inherit (escaping)
    escape
    escapeC
    escapeNixIdentifier
    escapeNixString
    escapeRegex
    escapeShellArg
    escapeShellArgs
    escapeURL
    escapeXML
    isValidPosixName
    toShellVar
    toShellVars
    ;

  inherit (conversions)
    charToInt
    cmakeBool
    cmakeFeature
    cmakeOptionType
    enableFeature
    enableFeatureAs
    fixedWidthNumber
    fixedWidthString
    floatToString
    isConvertibleWithToString
    isStringLike
    mesonBool
    mesonEnable
    mesonOption
    toInt
    toIntBase10
    withFeature
    withFeatureAs
    ;

  inherit (comparing)
    commonPrefixLength
    commonSuffixLength
    levenshtein
    levenshteinAtMost
    ;

  # Joining.

  # concatStringsSep by its shorter name.
  join = concatStringsSep;

  # All strings, one after the other.
  concatStrings = concatStringsSep "";

  # Maps a list to strings and joins them.
  concatMapStrings = f: list: concatStringsSep "" (map f list);

  # The same with a separator.
  concatMapStringsSep =
    separator: f: list:
    concatStringsSep separator (map f list);

  # Maps with the index, counted from one, and joins.
  concatImapStrings = f: list: concatStringsSep "" (lib.imap1 f list);

  # The same with a separator.
  concatImapStringsSep =
    separator: f: list:
    concatStringsSep separator (lib.imap1 f list);

  # Maps names and values to strings and joins them.
  concatMapAttrsStringSep =
    separator: f: set:
    concatStringsSep separator (attrValues (mapAttrs f set));

  # Each string as a line.
  concatLines = list: if list == [ ] then "" else concatStringsSep "\n" list + "\n";

  # The list with the separator between its elements.
  intersperse =
    separator: list:
    if list == [ ] then
      [ ]
    else
      [ (head list) ]
      ++ concatMap (x: [
        separator
        x
      ]) (tail list);

  # A string again and again.
  replicate = count: text: concatStringsSep "" (genList (_: text) count);

  # The string, or an empty one.
  optionalString = condition: text: if condition then text else "";

  # Cutting.

  # The string without blanks at both ends.
  trim = trimWith {
    start = true;
    end = true;
  };

  # The same at the chosen ends.
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    let
      blank = " \t\r\n";
      pattern =
        (if start then "[${blank}]*" else "") + (if end then "(.*[^${blank}])[${blank}]*" else "(.*)");
    in
    text:
    let
      found = match pattern text;
    in
    if found == null then "" else head found;

  # The parts between occurrences of a separator.
  splitString =
    separator: text:
    map (addContextFrom text) (
      filter isString (split (escaping.escapeRegex (toString separator)) (toString text))
    );

  # Splits where a predicate on the previous and the present character holds; the present one is dropped
  # unless `keep`.
  splitStringBy =
    predicate: keep: text:
    let
      count = stringLength text;
      # Places where a new part begins.
      cuts = filter (n: predicate (if n == 0 then "" else substring (n - 1) 1 text) (substring n 1 text)) (
        genList (n: n) count
      );
      starts = [ 0 ] ++ map (n: if keep then n else n + 1) cuts;
      ends = cuts ++ [ count ];
    in
    lib.lists.zipListsWith (start: end: substring start (end - start) text) starts ends;

  # The characters (bytes) of a string.
  stringToCharacters = conversions.characters;

  # Maps every character.
  stringAsChars = f: text: concatStringsSep "" (map f (stringToCharacters text));

  # A string without a prefix, if it has it.
  removePrefix =
    prefix: text:
    needsString "removePrefix" prefix (
      let
        count = stringLength prefix;
      in
      if substring 0 count text == prefix then substring count (-1) text else text
    );

  # A string without a suffix, if it has it.
  removeSuffix =
    suffix: text:
    needsString "removeSuffix" suffix (
      let
        kept = stringLength text - stringLength suffix;
      in
      if kept >= 0 && substring kept (-1) text == suffix then substring 0 kept text else text
    );

  # Testing.

  # Whether a string begins with another.
  hasPrefix =
    prefix: text:
    needsString "hasPrefix" prefix (substring 0 (stringLength prefix) text == prefix);

  # Whether a string ends with another.
  hasSuffix =
    suffix: text:
    needsString "hasSuffix" suffix (
      let
        start = stringLength text - stringLength suffix;
      in
      start >= 0 && substring start (-1) text == suffix
    );

  # Whether a string contains another.
  hasInfix =
    infix: text:
    needsString "hasInfix" infix (
      let
        whole = "${text}";
      in
      builtins.seq whole (infix == "" || replaceStrings [ infix ] [ "" ] whole != whole)
    );

  # Whether a value names something directly in the store, of the usual or of the content-addressed kind.
  isStorePath =
    x:
    isStringLike x
    && (
      let
        text = toString x;
      in
      substring 0 1 text == "/" && (dirOf text == storeDir || match "/[0-9a-z]{52}" text != null)
    );

  # Changing.

  # Replaces one string by another, everywhere.
  replaceString = from: to: replaceStrings [ from ] [ to ];

  # The letters of the alphabet.
  lowerChars = lower;
  upperChars = upper;

  # ASCII letters in one case.
  toLower = replaceStrings upper lower;
  toUpper = replaceStrings lower upper;

  # First letter large, all others small.
  toSentenceCase =
    text:
    onlyString "toSentenceCase" text (
      addContextFrom text (toUpper (substring 0 1 text) + toLower (substring 1 (-1) text))
    );

  # Words separated by blank, dash, underscore or case, written as one with capitals between.
  toCamelCase =
    text:
    onlyString "toCamelCase" text (
      let
        isSeparator =
          _: c:
          elem c [
            "-"
            "_"
            " "
          ];
        isHump = before: c: elem before lower && elem c upper;
        words = concatMap (splitStringBy isHump true) (splitStringBy isSeparator false text);
      in
      addContextFrom text (
        concatStringsSep "" (
          lib.imap0 (n: word: if n == 0 then toLower word else toSentenceCase word) words
        )
      )
    );

  # Slashes in a row become one.
  normalizePath =
    text:
    needsString "normalizePath" text (
      foldl' (done: c: if c == "/" && hasSuffix "/" done then done else done + c) "" (
        stringToCharacters text
      )
    );

  # A string with another one's context added.
  addContextFrom = source: target: substring 0 0 source + target;

  # A valid store path name from any string.
  sanitizeDerivationName =
    text:
    let
      plain = unsafeDiscardStringContext text;
      withoutDots = head (match "\\.*(.*)" plain);
      replaced = concatStringsSep "" (
        map (part: if isList part then "-" else part) (split "[^[:alnum:]+._?=-]+" withoutDots)
      );
      excess = stringLength replaced - 207;
      cut = if excess > 0 then substring excess (-1) replaced else replaced;
    in
    if stringLength text <= 207 && match "[[:alnum:]+_?=-][[:alnum:]+._?=-]*" text != null then
      plain
    else if cut == "" then
      "unknown"
    else
      cut;

  # Search paths.

  # A search path of the same subdirectory of several paths, null left out.
  makeSearchPath =
    subdirectory: paths:
    concatStringsSep ":" (map (path: "${path}/${subdirectory}") (filter (path: path != null) paths));

  # The same below one output of several packages.
  makeSearchPathOutput =
    output: subdirectory: packages:
    makeSearchPath subdirectory (map (lib.attrsets.getOutput output) packages);

  # Search paths for libraries, headers, programs.
  makeLibraryPath = makeSearchPathOutput "lib" "lib";
  makeIncludePath = makeSearchPathOutput "dev" "include";
  makeBinPath = makeSearchPathOutput "bin" "bin";

  # Names and versions.

  # Whether the first version comes before the second.
  versionOlder = a: b: builtins.compareVersions a b < 0;

  # Whether the first version does not come before the second.
  versionAtLeast = a: b: builtins.compareVersions a b >= 0;

  # The name of a package without version, from the package or its full name.
  getName = x: if isString x then (parseDrvName x).name else x.pname or (parseDrvName x.name).name;

  # The version of a package, from the package or its full name.
  getVersion =
    x: if isString x then (parseDrvName x).version else x.version or (parseDrvName x.name).version;

  # The beginning of a URL's last part, up to a separator.
  nameFromURL =
    url: separator:
    let
      file = lib.last (splitString "/" url);
      name = head (splitString separator file);
    in
    assert name != file;
    name;

  # A file's contents without a newline at the end.
  fileContents = file: removeSuffix "\n" (readFile file);
}
