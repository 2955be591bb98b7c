# GVariant values with home-manager's defaults: integers are 32 bits wide, empty lists hold strings.
{ lib }:
let
  inherit (builtins)
    head
    isBool
    isFloat
    isInt
    isList
    isString
    ;
  base = lib.gvariant;
  commas = values: lib.concatMapStringsSep "," toString values;

  typeOf =
    x:
    if isBool x then
      base.type.boolean
    else if isInt x then
      base.type.int32
    else if isFloat x then
      base.type.double
    else if isString x then
      base.type.string
    else if isList x then
      if elemTypeOf x == "" then "" else base.type.arrayOf (elemTypeOf x)
    else
      x.type or "";

  elemTypeOf = list: if isList list && list != [ ] then typeOf (head list) else "";

  make = type: write: value: {
    _type = "gvariant";
    inherit type value;
    __toString = self: write self;
  };

  # A value of several values in brackets.
  compound =
    typeOfParts: open: close: values:
    make (typeOfParts (map (value: value.type) values)) (
      self: "@${self.type} ${open}${commas self.value}${close}"
    ) values;
in
rec {
  inherit typeOf;
  inherit (base)
    isGVariant
    mkBoolean
    mkDouble
    mkInt16
    mkInt32
    mkInt64
    mkNothing
    mkObjectpath
    mkString
    mkUchar
    mkUint16
    mkUint32
    mkUint64
    ;

  type = base.type // {
    dictionaryEntryOf = parts: "{${lib.concatStrings parts}}";
  };

  isArray = lib.hasPrefix "a";
  isDictionaryEntry = lib.hasPrefix "{";
  isMaybe = lib.hasPrefix "m";
  isTuple = lib.hasPrefix "(";

  # The value a Nix value stands for, or null.
  mkValue =
    x:
    if isGVariant x then
      x
    else if isBool x then
      mkBoolean x
    else if isInt x then
      mkInt32 x
    else if isFloat x then
      mkDouble x
    else if isString x then
      mkString x
    else if isList x then
      mkArray (if x == [ ] then type.string else elemTypeOf x) x
    else
      null;

  mkArray =
    elementType: elements:
    make (type.arrayOf elementType) (self: "@${self.type} [${commas self.value}]") (
      map mkValue elements
    );
  mkEmptyArray = elementType: mkArray elementType [ ];

  mkVariant = x: make type.variant (self: "@${self.type} <${toString self.value}>") (mkValue x);

  mkJust = x: base.mkJust (mkValue x);

  mkTuple = elements: compound type.tupleOf "(" ")" (map mkValue elements);

  mkDictionaryEntry = elements: compound type.dictionaryEntryOf "{" "}" (map mkValue elements);
}
