# Small functions on functions, numbers and booleans; warnings; facts about the release.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    elemAt
    filter
    foldl'
    fromJSON
    isInt
    match
    readFile
    trace
    ;

  nativeFunctionArgs = builtins.functionArgs;
  nativeIsFunction = builtins.isFunction;
in
rec {
  inherit (builtins)
    add
    bitAnd
    bitOr
    bitXor
    ceil
    deepSeq
    div
    floor
    genericClosure
    isBool
    isFloat
    isInt
    lessThan
    mul
    pathExists
    readFile
    seq
    sub
    ;

  # Functions.

  # The argument itself.
  id = x: x;

  # The first of two arguments.
  const = x: _: x;

  # Passes a value through a list of functions.
  pipe = foldl' (value: f: f value);

  # The same function with its first two arguments swapped.
  flip =
    f: a: b:
    f b a;

  # The value, or a default in place of null.
  defaultTo = default: value: if value == null then default else value;

  # A function applied to anything but null.
  mapNullable = f: value: if value == null then null else f value;

  # Whether a value can be called: lambdas, builtins, and sets with `__functor`.
  isFunction = f: nativeIsFunction f || (f ? __functor && nativeIsFunction (f.__functor f));

  # The formals of a function, `{ name = hasDefault; }`; setFunctionArgs has the last word.
  functionArgs =
    f:
    if f ? __functor then
      f.__functionArgs or (nativeFunctionArgs (f.__functor f))
    else
      nativeFunctionArgs f;

  # A function that claims to have the given formals.
  setFunctionArgs = f: formals: {
    __functor = _: f;
    __functionArgs = formals;
  };

  # Gives a function the formals of another.
  mirrorFunctionArgs =
    f:
    let
      formals = functionArgs f;
    in
    g: setFunctionArgs g formals;

  # The value itself if it is a function, else a constant function.
  toFunction = value: if isFunction value then value else _: value;

  # Values.

  # Operators as functions.
  concat = a: b: a ++ b;
  mergeAttrs = a: b: a // b;
  "or" = a: b: a || b;
  and = a: b: a && b;
  xor = a: b: !a != !b;

  # "true" or "false".
  boolToString = b: if b then "true" else "false";

  # "yes" or "no".
  boolToYesNo = b: if b then "yes" else "no";

  # Numbers.

  # All bits inverted.
  bitNot = n: -1 - n;

  # The smaller of two values.
  min = a: b: if a < b then a else b;

  # The larger of two values.
  max = a: b: if a > b then a else b;

  # The remainder of integer division, with the sign of the dividend.
  mod = base: divisor: base - divisor * (base / divisor);

  # -1, 0 or 1.
  compare =
    a: b:
    if a < b then
      -1
    else if a > b then
      1
    else
      0;

  # A comparison that puts what satisfies the predicate first, each half with a comparison of its own.
  splitByAndCompare =
    predicate: yes: no: a: b:
    if predicate a then
      (if predicate b then yes a b else -1)
    else if predicate b then
      1
    else
      no a b;

  # The digits of a number, most significant first.
  toBaseDigits =
    base: number:
    let
      digits =
        n: rest:
        if n < base then
          [ n ] ++ rest
        else
          digits (n / base) ([ (mod n base) ] ++ rest);
    in
    assert isInt base && isInt number;
    assert base >= 2 && number >= 0;
    digits number [ ];

  # Upper-case hexadecimal.
  toHexString =
    let
      digits = [
        "0"
        "1"
        "2"
        "3"
        "4"
        "5"
        "6"
        "7"
        "8"
        "9"
        "A"
        "B"
        "C"
        "D"
        "E"
        "F"
      ];
    in
    number: concatStringsSep "" (map (elemAt digits) (toBaseDigits 16 number));

  # The number that up to 16 hexadecimal digits, with or without `0x`, stand for.
  fromHexString =
    text:
    let
      strict = match "(0x)?([0-7]?[0-9A-Fa-f]{1,15})" text;
      digits = lib.strings.removePrefix "0x" (lib.strings.toLower text);
    in
    if strict != null then
      (fromTOML "v=0x${elemAt strict 1}").v
    else
      warn "fromHexString: ${lib.generators.toPretty { } text} is not a hexadecimal number of 63 bits; this will become an error" (fromTOML "v=0x${digits}").v;

  # Reading data files.

  # The value in a JSON file.
  importJSON = path: fromJSON (readFile path);

  # The value in a TOML file.
  importTOML = path: fromTOML (readFile path);

  # Warnings and errors.

  # Prints a warning and goes on with the value. NIX_ABORT_ON_WARN makes it an error where the evaluator
  # has no such setting of its own.
  warn =
    builtins.warn or (
      message: value:
      assert builtins.isString message;
      if
        builtins.elem (builtins.getEnv "NIX_ABORT_ON_WARN") [
          "1"
          "true"
          "yes"
        ]
      then
        trace "evaluation warning: ${message}" (
          abort "stopped at a warning, as NIX_ABORT_ON_WARN asks"
        )
      else
        trace "evaluation warning: ${message}" value
    );

  # A function that warns if a condition holds, else the identity.
  warnIf = condition: message: if condition then warn message else id;
  warnIfNot = condition: warnIf (!condition);

  # A function that throws if a condition holds, else the identity.
  throwIf = condition: message: if condition then throw message else id;
  throwIfNot = condition: throwIf (!condition);

  # Prints a message and goes on with the value.
  info = message: trace "INFO: ${message}";

  # Prints a list of warnings, the first one first.
  showWarnings = warnings: value: lib.foldr warn value warnings;

  # The identity function if all given values are among the valid ones, else an error.
  checkListOfEnum =
    message: valid: given:
    let
      show = values: concatStringsSep ", " (map toString values);
      unexpected = filter (value: !builtins.elem value valid) given;
    in
    throwIf (unexpected != [ ])
      "${message}: ${show unexpected} unexpected; valid ones: ${show valid}";

  # The release. Its numbers follow nixpkgs', whose interface this library has.

  release = "26.11";
  versionSuffix = "pre-hm";
  version = release + versionSuffix;
  codeName = "Zokor";
  nixpkgsVersion = warn "lib.nixpkgsVersion is going away: use lib.version" version;

  # The oldest release for which modules still have to work.
  oldestSupportedRelease = 2605;
  oldestSupportedReleaseIsAtLeast = number: number <= oldestSupportedRelease;
  isInOldestRelease = warn "lib.isInOldestRelease is deprecated. Use lib.oldestSupportedReleaseIsAtLeast instead." oldestSupportedReleaseIsAtLeast;

  # The commit the library was taken from: not known, so always the default.
  revisionWithDefault = default: default;

  # Whether evaluation takes place for nix-shell.
  inNixShell = builtins.getEnv "IN_NIX_SHELL" != "";

  # Whether the evaluator hides the machine it runs on.
  inPureEvalMode = !builtins ? currentSystem;
}
