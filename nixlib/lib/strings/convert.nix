# Strings from and to other values, and strings in the forms that build systems want for their flags.
{ lib }:
let
  inherit (builtins)
    all
    elem
    fromJSON
    genList
    head
    isBool
    isInt
    isList
    isPath
    isString
    match
    stringLength
    substring
    typeOf
    ;

  showString = text: (import ./escape.nix { inherit lib; }).escapeNixString text;

  upper = text: lib.toUpper text;
in
rec {
  # The characters (bytes) of a string.
  characters = text: genList (n: substring n 1 text) (stringLength text);

  # The codes of the ASCII characters a Nix string can hold. The printable ones follow each other.
  charCodes =
    let
      printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    in
    builtins.listToAttrs (
      lib.imap0 (n: name: {
        inherit name;
        value = 32 + n;
      }) (characters printable)
    )
    // {
      "\t" = 9;
      "\n" = 10;
      "\r" = 13;
    };

  # The code of an ASCII character.
  charToInt = c: charCodes.${c};

  # A string filled up at the front to exactly a length.
  fixedWidthString =
    width: filler: text:
    let
      missing = width - stringLength text;
      from =
        left:
        if left == 0 then
          text
        else if left < 0 then
          throw "fixedWidthString: copies of '${filler}' do not add up to the ${toString missing} characters that are missing"
        else
          filler + from (left - stringLength filler);
    in
    assert lib.assertMsg (missing >= 0)
      "fixedWidthString: the text has ${toString (stringLength text)} characters, more than ${toString width}";
    from missing;

  # A number filled up with zeros.
  fixedWidthNumber = width: number: fixedWidthString width "0" (toString number);

  # A float as text, with a warning when that loses digits.
  floatToString =
    number:
    let
      text = toString number;
    in
    lib.warnIf (
      fromJSON text != number
    ) "Imprecise conversion from float to string ${text}" text;

  # Strings, paths and the sets that convert to strings by themselves.
  isStringLike = x: isString x || isPath x || x ? outPath || x ? __toString;

  # Whether toString accepts a value.
  isConvertibleWithToString =
    x:
    isStringLike x
    || elem (typeOf x) [
      "null"
      "int"
      "float"
      "bool"
    ]
    || (isList x && all isConvertibleWithToString x);

  # A decimal integer, blanks around it allowed. A leading zero is refused: it might mean octal.
  toInt =
    text:
    let
      found = match "[[:space:]]*(-?[[:digit:]]+)[[:space:]]*" text;
      digits = head found;
      number = fromJSON digits;
      refuse = throw "toInt: Could not convert ${showString text} to int.";
    in
    if found == null then
      refuse
    else if match "0[[:digit:]]+" digits != null then
      throw "toInt: Ambiguity in interpretation of ${showString text} between octal and zero padded integer."
    else if isInt number then
      number
    else
      refuse;

  # The same, where leading zeros are only padding.
  toIntBase10 =
    text:
    let
      found = match "[[:space:]]*0*(-?[[:digit:]]+)[[:space:]]*" text;
      digits = head found;
      number = fromJSON digits;
      refuse = throw "toIntBase10: Could not convert ${showString text} to int.";
    in
    if found == null then
      refuse
    else if match "0+" digits != null then
      0
    else if isInt number then
      number
    else
      refuse;

  # Flags of autoconf's configure.

  enableFeature =
    flag: feature:
    assert isBool flag && isString feature;
    "--${if flag then "enable" else "disable"}-${feature}";
  enableFeatureAs =
    flag: feature: value:
    enableFeature flag feature + (if flag then "=${value}" else "");
  withFeature =
    flag: feature:
    assert isString feature;
    "--${if flag then "with" else "without"}-${feature}";
  withFeatureAs =
    flag: feature: value:
    withFeature flag feature + (if flag then "=${value}" else "");

  # Flags of CMake and Meson.

  cmakeOptionType =
    type: feature: value:
    assert elem (upper type) [
      "BOOL"
      "FILEPATH"
      "PATH"
      "STRING"
      "INTERNAL"
      "LIST"
    ];
    assert isString feature && isString value;
    "-D${feature}:${upper type}=${value}";
  cmakeBool =
    feature: flag:
    assert isString feature && isBool flag;
    cmakeOptionType "bool" feature (if flag then "TRUE" else "FALSE");
  cmakeFeature = cmakeOptionType "string";
  mesonOption =
    feature: value:
    assert isString feature && isString value;
    "-D${feature}=${value}";
  mesonBool =
    feature: flag:
    assert isString feature && isBool flag;
    mesonOption feature (lib.boolToString flag);
  mesonEnable =
    feature: flag:
    assert isString feature && isBool flag;
    mesonOption feature (if flag then "enabled" else "disabled");
}
