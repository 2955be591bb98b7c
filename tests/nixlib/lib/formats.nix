# Writing configuration formats, command lines and GVariant values.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  g = lib.generators;
  v = lib.gvariant;
  formats = import ../../../nixlib/pkgs/formats.nix { inherit lib; writeText = _: text: text; };
  toml = (formats.toml { }).generate "x";
in
[
  (check "toKeyValue" (g.toKeyValue { } { a = 1; b = true; c = null; }) "a=1\nb=true\nc=null\n")
  (check "toKeyValue of lists" (g.toKeyValue { listsAsDuplicateKeys = true; indent = " "; } { a = [ 1 2 ]; }) " a=1\n a=2\n")
  (check "keys are escaped" (g.mkKeyValueDefault { } ":" "a:b" "c") "a\\:b:c")
  (check "toINI" (g.toINI { } { b.x = 1; "a[1]".y = "z"; }) "[a\\[1\\]]\ny=z\n\n[b]\nx=1\n")
  (check "toINIWithGlobalSection" (g.toINIWithGlobalSection { } { globalSection.g = 1; sections.s.x = 2; }) "g=1\n\n[s]\nx=2\n")
  (check "toGitINI" (g.toGitINI { user.name = "a\"b"; url."x.y".insteadOf = [ "1" "2" ]; }) "[url \"x.y\"]\n\tinsteadOf = \"1\"\n\tinsteadOf = \"2\"\n\n[user]\n\tname = \"a\\\"b\"\n")
  (check "toDconfINI" (g.toDconfINI { "org/x" = { b = true; s = "it's"; n = v.mkUint32 3; l = [ 1.5 ]; }; }) "[org/x]\nb=true\nl=@ad [1.500000]\nn=@u 3\ns='it\\'s'\n")
  (check "toJSON" (g.toJSON { } { a = [ 1 ]; }) "{\"a\":[1]}")
  (check "toPretty" (g.toPretty { } { a = [ 1 null ]; b = "x\ny"; c = { x }: x; d = { }; }) "{\n  a = [\n    1\n    null\n  ];\n  b = ''\n    x\n    y'';\n  c = <function, args: {x}>;\n  d = { };\n}")
  (check "toPretty in one line" (g.toPretty { multiline = false; } { a = [ 1.5 "\${" ]; }) "{ a = [ 1.5 \"\\\${\" ]; }")
  (check "withRecursion" (g.withRecursion { depthLimit = 1; throwOnDepthLimit = false; } { a.b.c = 1; }) { a.b = "<unevaluated>"; })
  (check "withRecursion throws" (throws (g.withRecursion { depthLimit = 1; } { a.b.c = 1; })) true)
  (check "toPlist" (lib.hasInfix "<key>a</key>\n\t<integer>1</integer>" (g.toPlist { escape = true; } { a = 1; b = null; })) true)
  (check "toDhall" (g.toDhall { } { a = 1; b = [ true ]; }) "{ a = +1, b = [ True ] }")
  (check "toLua" (g.toLua { multiline = false; } { a = [ 1 null ]; b = lib.mkLuaInline "f()"; }) "{ [\"a\"] = { 1, nil }, [\"b\"] = (f()) }")
  (check "toLua bindings" (g.toLua { asBindings = true; } { a = 1; }) "a = 1\n")

  (check "toCommandLineGNU" (lib.cli.toCommandLineGNU { } { v = true; verbose = false; name = "x"; L = [ 1 2 ]; none = null; }) [ "-L1" "-L2" "--name=x" "-v" ])
  (check "toCommandLine" (lib.cli.toCommandLine (name: { option = "/${name}"; sep = null; explicitBool = true; }) { a = true; }) [ "/a" "true" ])

  (check "gvariant" (map toString [
    (v.mkArray [ "a" "b" ])
    (v.mkEmptyArray v.type.int32)
    (v.mkTuple [ true (v.mkInt32 1) ])
    (v.mkJust "x")
    (v.mkNothing v.type.string)
    (v.mkVariant 1.5)
    (v.mkDictionaryEntry "k" "v")
  ]) [ "@as ['a','b']" "@ai []" "@(bi) (true,1)" "just 'x'" "@ms nothing" "<1.500000>" "@{ss} {'k','v'}" ])
  (check "gvariant refuses plain integers" (throws (v.mkValue 1)) true)
  (check "gvariant refuses mixed arrays" (map throws [ (v.mkArray [ "a" true ]) (v.mkArray [ ]) ]) [ true true ])
  (check "gvariant looks at elements late" (v.isGVariant (v.mkArray [ (throw "looked at") ])) true)
  (check "TOML's tables" (toml { a = [ { b = 1; } { c.d = 2; } ]; e.f = [ { } ]; g.h = { }; i = 1; }) ''
    i = 1

    [[a]]
    b = 1

    [[a]]

    [a.c]
    d = 2

    [[e.f]]

    [g.h]
  '')
  (check "TOML's quotes" (map (value: lib.removeSuffix "\n" (toml { x = value; })) [ "a\"b" "a\"'b" "a\\b" "a\tb" "\r" (builtins.fromJSON ''"\u007f"'') "a\nb" "a\n\\" ]) [
    "x = 'a\"b'"
    "x = \"\"\"a\"'b\"\"\""
    "x = 'a\\b'"
    "x = \"a\\tb\""
    "x = \"\\r\""
    "x = \"\\u007F\""
    "x = \"\"\"\na\nb\"\"\""
    "x = '''\na\n\\'''"
  ])
  (check "TOML's keys and numbers" (toml { "" = 1.0; "a b" = 1.0e20; c = 1.5e-7; d = [ 1 { e = -2; } { } ]; }) "\"\" = 1.0\n\"a b\" = 100000000000000000000.0\nc = 0.00000015\nd = [1, { e = -2 }, {}]\n")
  (check "TOML has no null" (throws (toml { a = null; })) true)
  (check "JSON" ((formats.json { }).generate "x" { a = [ 1 { } ]; b = [ ]; c = null; }) "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": [],\n  \"c\": null\n}\n")
  (check "HCL" (builtins.fromJSON ((formats.hcl1 { }).generate "x" { a.b = 1; c = [ { d = 2; } ]; e = 3; })) { a = [ { b = 1; } ]; c = [ [ { d = 2; } ] ]; e = 3; })
  (check "plist" (lib.hasInfix "<string>&lt;</string>" ((formats.plist { }).generate "x" "<")) true)
  (check "descriptions of formats" (map (format: format.type.description) [ (formats.json { }) (formats.yaml { }) (formats.toml { }) (formats.keyValue { }) ]) [ "JSON value" "YAML 1.1 value" "TOML value" "attribute set of (atom (null, bool, int, float or string))" ])
]
