# Every type: what it accepts, what it refuses and how it merges.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; })
    check
    merge
    options
    refuses
    throws
    ;
  inherit (lib) mkOption types;
  inherit (types)
    attrsOf
    enum
    int
    ints
    listOf
    nullOr
    str
    submodule
    ;

  takes =
    name: type: definitions: expected:
    check "${name} takes ${toString (builtins.length definitions)}" (merge type definitions) expected;
  rejects =
    name: type: definitions:
    check "${name} refuses" (refuses type definitions) true;
  derivation' = {
    type = "derivation";
    name = "x";
    outPath = "/x";
  };
  described = name: type: expected: check "description of ${name}" type.description expected;
in
[
  (takes "bool" types.bool [ true true ] true)
  (rejects "bool" types.bool [ 1 ])
  (rejects "bool" types.bool [ true false ])
  (takes "boolByOr" types.boolByOr [ false true ] true)
  (takes "int" int [ 3 3 ] 3)
  (rejects "int" int [ "3" ])
  (rejects "int" int [ 3 4 ])
  (takes "float" types.float [ 1.5 ] 1.5)
  (takes "number" types.number [ 2 ] 2)
  (rejects "number" types.number [ "2" ])
  (takes "numbers.between" (types.numbers.between 0 1.5) [ 1.5 ] 1.5)
  (rejects "numbers.positive" types.numbers.positive [ 0 ])
  (takes "ints.unsigned" ints.unsigned [ 0 ] 0)
  (rejects "ints.unsigned" ints.unsigned [ (-1) ])
  (rejects "ints.positive" ints.positive [ 0 ])
  (takes "ints.u8" ints.u8 [ 255 ] 255)
  (rejects "ints.u8" ints.u8 [ 256 ])
  (takes "ints.s16" ints.s16 [ (-32768) ] (-32768))
  (rejects "ints.s32" ints.s32 [ 2147483648 ])
  (rejects "port" types.port [ 65536 ])
  (takes "str" str [ "a" "a" ] "a")
  (rejects "str" str [ 1 ])
  (rejects "str" str [ "a" "b" ])
  (takes "singleLineStr" types.singleLineStr [ "a\n" ] "a")
  (rejects "singleLineStr" types.singleLineStr [ "a\nb" ])
  (rejects "nonEmptyStr" types.nonEmptyStr [ " \n" ])
  (takes "strMatching" (types.strMatching "[a-z]+") [ "abc" ] "abc")
  (rejects "strMatching" (types.strMatching "[a-z]+") [ "A" ])
  (takes "lines" types.lines [ "a" "b" ] "b\na")
  (takes "commas" types.commas [ "a" "b" ] "b,a")
  (takes "envVar" types.envVar [ "a" "b" ] "b:a")
  (takes "separatedString" (types.separatedString "/") [ "a" "b" ] "b/a")
  (takes "lines in order" types.lines [ (lib.mkAfter "last") "middle" (lib.mkBefore "first") ] "first\nmiddle\nlast")
  (takes "path" types.path [ "/a" ] "/a")
  (rejects "path" types.path [ "a" ])
  (takes "externalPath" types.externalPath [ "/a" ] "/a")
  (rejects "pathInStore" types.pathInStore [ "/a" ])
  (takes "pathWith relative" (types.pathWith { absolute = false; }) [ "a/b" ] "a/b")
  (takes "package" types.package [ derivation' ] derivation')
  (rejects "package" types.package [ "x" ])
  (rejects "shellPackage" types.shellPackage [ derivation' ])
  (takes "raw" types.raw [ { _type = "anything"; } ] { _type = "anything"; })
  (rejects "raw" types.raw [ 1 1 ])
  (takes "unspecified" types.unspecified [ [ 1 ] [ 2 ] ] [ 2 1 ])
  (takes "attrs" types.attrs [ { a = 1; } { b = 2; } ] { a = 1; b = 2; })
  (takes "anything" types.anything [ { a.b = 1; } { a.c = [ 1 ]; } ] { a = { b = 1; c = [ 1 ]; }; })
  (rejects "anything" types.anything [ { a = 1; } { a = "1"; } ])
  (takes "anything with priorities" types.anything [ { a = lib.mkDefault 1; } { a = 2; } ] { a = 2; })
  (takes "listOf" (listOf int) [ [ 1 ] [ 2 ] ] [ 2 1 ])
  (takes "listOf with conditions" (listOf int) [ [ 1 (lib.mkIf false 2) (lib.mkIf true 3) ] ] [ 1 3 ])
  (rejects "listOf" (listOf int) [ [ "a" ] ])
  (rejects "nonEmptyListOf" (types.nonEmptyListOf int) [ [ ] ])
  (takes "attrsOf" (attrsOf int) [ { a = 1; } { b = 2; } ] { a = 1; b = 2; })
  (takes "attrsOf leaves out" (attrsOf int) [ { a = lib.mkIf false 1; b = 2; } ] { b = 2; })
  (takes "attrsOf overrides" (attrsOf int) [ { a = lib.mkForce 1; } { a = 2; } ] { a = 1; })
  (rejects "attrsOf" (attrsOf int) [ { a = "x"; } ])
  (takes "lazyAttrsOf" (types.lazyAttrsOf int) [ { a = 1; } ] { a = 1; })
  (check "lazyAttrsOf keeps names" (builtins.attrNames (
    merge (types.lazyAttrsOf int) [ { a = lib.mkIf false 1; } ]
  )) [ "a" ])
  (takes "nullOr" (nullOr int) [ null null ] null)
  (takes "nullOr a value" (nullOr int) [ 1 ] 1)
  (rejects "nullOr" (nullOr int) [ null 1 ])
  (takes "either" (types.either int str) [ "a" ] "a")
  (takes "oneOf" (types.oneOf [ types.bool int (listOf str) str ]) [ [ "a" ] [ "b" ] ] [ "b" "a" ])
  (rejects "oneOf" (types.oneOf [ types.bool int ]) [ "a" ])
  (rejects "either of mixed definitions" (types.either int str) [ 1 "a" ])
  (takes "enum" (enum [ "a" 1 ]) [ 1 ] 1)
  (rejects "enum" (enum [ "a" ]) [ "b" ])
  (takes "coercedTo" (types.coercedTo int toString str) [ 3 ] "3")
  (takes "coercedTo in lists" (listOf (types.coercedTo int toString str)) [ [ 1 "a" ] ] [ "1" "a" ])
  (rejects "coercedTo" (types.coercedTo int toString str) [ true ])
  (takes "unique" (types.unique { message = "only one"; } int) [ 1 ] 1)
  (rejects "unique" (types.uniq int) [ 1 1 ])
  (takes "attrTag" (types.attrTag {
    left = mkOption { type = int; };
    right = mkOption { type = str; };
  }) [ { left = 1; } ] { left = 1; })
  (rejects "attrTag" (types.attrTag { left = mkOption { type = int; }; }) [ { right = 1; } ])
  (rejects "attrTag both" (types.attrTag {
    left = mkOption { type = int; };
    right = mkOption { type = int; };
  }) [ { left = 1; } { right = 1; } ])
  (check "functionTo" (merge (types.functionTo (listOf int)) [ (x: [ x ]) (x: [ (x + 1) ]) ] 1) [ 2 1 ])
  (takes "luaInline" types.luaInline [ (lib.mkLuaInline "x") ] (lib.mkLuaInline "x"))
  (takes "json" types.json [ { a = [ 1 null "x" ]; } ] { a = [ 1 null "x" ]; })
  (rejects "toml" types.toml [ null ])
  (takes "attrListOf" (types.attrListOf int) [ [ { b = 1; } { a = 2; } { b = 3; } ] ] [ { b = 1; } { a = 2; } { b = 3; } ])
  (takes "attrListOf orders" (types.attrListOf int) [
    [ { a = 1; } ]
    (lib.mkBefore [ { z = 0; } ])
    [ (lib.mkAfter { y = 9; }) ]
  ] [ { z = 0; } { a = 1; } { y = 9; } ])
  (takes "addCheck" (types.addCheck int (x: x > 2)) [ 3 ] 3)
  (rejects "addCheck" (types.addCheck int (x: x > 2)) [ 2 ])
  (rejects "addCheck on containers" (types.addCheck (listOf int) (x: builtins.length x == 1)) [ [ 1 2 ] ])
  (check "an ad-hoc check is refused" (throws (merge (listOf int // { check = _: true; }) [ [ 1 ] ])) true)

  # Values of options without definitions.
  (check "empty list" (merge (listOf int) [ ]) [ ])
  (check "empty set" (merge (attrsOf int) [ ]) { })
  (check "empty nullOr" (merge (nullOr int) [ ]) null)
  (check "empty submodule" (merge (submodule { options.a = mkOption { default = 1; }; }) [ ]) { a = 1; })
  (check "nothing" (throws (merge int [ ])) true)
  (check "no non-empty list" (throws (merge (types.nonEmptyListOf int) [ ])) true)

  # Descriptions.
  (described "nested containers" (attrsOf (listOf (nullOr int)))
    "attribute set of list of (null or signed integer)")
  (described "either" (types.either (listOf int) str) "(list of signed integer) or string")
  (described "a single enum" (enum [ "a" ]) "value \"a\" (singular enum)")
  (described "enum" (enum [ "a" "b" ]) "one of \"a\", \"b\"")
  (described "ints.between" (ints.between 1 9) "integer between 1 and 9 (both inclusive)")
  (described "submodule" (submodule { }) "submodule")
  (described "open submodule" (submodule { freeformType = attrsOf int; }) "open submodule of attribute set of signed integer")

  # Merging types.
  (check "enums unite" (merge
    (types.mergeTypes (enum [ "a" ]) (enum [ "b" ])) [ "b" ]) "b")
  (check "nested types merge" (types.mergeTypes (listOf (enum [ 1 ])) (listOf (enum [ 2 ]))).description
    "list of (one of 1, 2)")
  (check "different types do not" (types.mergeTypes int str)._type "merge-error")
  (check "mergers that take nothing but files and values" (
    let
      strict = lib.mkOptionType { name = "strict"; merge = _: map ({ file, value }: value); };
      values = type: map (def: def.value) (options [ { options.x = lib.mkOption { inherit type; }; } { x = lib.mkForce 1; } ]).x.definitionsWithLocations;
    in
    [ (merge strict [ 1 2 ]) (merge (types.attrsOf strict) [ { a = 1; } { a = 2; } ]) (merge (types.nullOr strict) [ 1 ]) (merge (types.either types.str strict) [ 1 ]) (merge (types.str // { inherit (strict) merge; }) [ "a" ]) (values strict) ]
  ) [ [ 2 1 ] { a = [ 2 1 ]; } [ 1 ] [ 1 ] [ "a" ] [ 1 ] ])
]
