# GVariant values, as dconf stores them, in GLib's text format
# (https://docs.gtk.org/glib/gvariant-text-format.html).
{ lib }:
let
  inherit (builtins)
    all
    concatStringsSep
    filter
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    map
    typeOf
    ;

  # A value with its type and a way to write it.
  make = type: write: value: {
    _type = "gvariant";
    inherit type value;
    __toString = self: write self;
  };

  # Written with the type in front, so that it is read as nothing else.
  typed = type: make type (self: "@${self.type} ${toString self.value}");
  bare = type: make type (self: toString self.value);

  commas = values: concatStringsSep "," (map toString values);
in
rec {
  # Type strings.
  type = {
    arrayOf = element: "a${element}";
    maybeOf = element: "m${element}";
    tupleOf = elements: "(${concatStringsSep "" elements})";
    dictionaryEntryOf = name: value: "{${name}${value}}";
    string = "s";
    boolean = "b";
    uchar = "y";
    int16 = "n";
    uint16 = "q";
    int32 = "i";
    uint32 = "u";
    int64 = "x";
    uint64 = "t";
    double = "d";
    variant = "v";
  };

  isGVariant = x: x._type or "" == "gvariant";

  # The constructors of integers and what they hold; null is what Nix cannot exceed.
  intConstructors =
    let
      constructor = name: type: min: max: {
        inherit
          name
          type
          min
          max
          ;
      };
    in
    [
      (constructor "mkInt32" type.int32 (-2147483648) 2147483647)
      (constructor "mkUint32" type.uint32 0 4294967295)
      (constructor "mkInt64" type.int64 null null)
      (constructor "mkUint64" type.uint64 0 null)
      (constructor "mkInt16" type.int16 (-32768) 32767)
      (constructor "mkUint16" type.uint16 0 65535)
      (constructor "mkUchar" type.uchar 0 255)
    ];

  # The value a Nix value stands for. Integers and sets could be several types and are refused.
  mkValue =
    x:
    if isBool x then
      mkBoolean x
    else if isFloat x then
      mkDouble x
    else if isString x then
      mkString x
    else if isList x then
      mkArray x
    else if isGVariant x then
      x
    else if isInt x then
      throw ''
        The number ${toString x} can be of several GVariant types. Say which one its GSettings schema asks for:

        ${concatStringsSep "\n" (
          map (c: "- `lib.gvariant.${c.name}` for `${c.type}`") (
            filter (c: (c.min == null || c.min <= x) && (c.max == null || x <= c.max)) intConstructors
          )
        )}
      ''
    else if isAttrs x then
      throw "An attribute set is no GVariant value. A dictionary is an array of entries made by `lib.gvariant.mkDictionaryEntry`."
    else
      throw "No GVariant type goes with a value of type ${typeOf x}.";

  mkArray =
    elements:
    let
      values =
        if elements == [ ] then
          throw "Please create empty array with mkEmptyArray."
        else
          map mkValue elements;
      first = (head values).type;
      # Looked at when the type is, so that an array is a value of GVariant even before.
      elementType =
        if all (value: value.type == first) values then
          first
        else
          throw "Elements in a list should have same type.";
    in
    make (type.arrayOf elementType) (self: "@${self.type} [${commas self.value}]") values;

  mkEmptyArray = element: make (type.arrayOf element) (self: "@${self.type} []") [ ];

  mkTuple =
    elements:
    let
      values = map mkValue elements;
    in
    make (type.tupleOf (map (value: value.type) values)) (
      self: "@${self.type} (${commas self.value})"
    ) values;

  mkDictionaryEntry =
    name: value:
    let
      key = mkValue name;
      content = mkValue value;
    in
    make (type.dictionaryEntryOf key.type content.type) (self: "@${self.type} {${key},${content}}") {
      inherit name value;
    };

  mkVariant = x: make type.variant (self: "<${toString self.value}>") (mkValue x);

  mkMaybe =
    element:
    make (type.maybeOf element) (
      self: if self.value == null then "@${self.type} nothing" else "just ${toString self.value}"
    );
  mkNothing = element: mkMaybe element null;
  mkJust =
    x:
    let
      value = mkValue x;
    in
    mkMaybe value.type value;

  mkBoolean = make type.boolean (self: lib.boolToString self.value);
  mkString = make type.string (
    self: "'${builtins.replaceStrings [ "'" "\\" "\n" ] [ "\\'" "\\\\" "\\n" ] self.value}'"
  );
  mkObjectpath = make type.string (self: "objectpath '${lib.escape [ "'" ] self.value}'");
  mkInt32 = bare type.int32;
  mkDouble = bare type.double;
  mkUchar = typed type.uchar;
  mkInt16 = typed type.int16;
  mkUint16 = typed type.uint16;
  mkUint32 = typed type.uint32;
  mkInt64 = typed type.int64;
  mkUint64 = typed type.uint64;
}
