# Declaring and showing options, lists of options for manuals.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check options;
  inherit (lib) mkOption types;
  docs = modules: builtins.filter (o: !o.internal && lib.head o.loc != "_module") (lib.optionAttrSetToDocList (options modules));
in
[
  (check "isOption" (map lib.isOption [ (mkOption { }) { } 1 ]) [ true false false ])
  (check "mkEnableOption" (removeAttrs (lib.mkEnableOption "it") [ "type" ]) {
    _type = "option";
    default = false;
    example = true;
    description = "Whether to enable it.";
  })
  (check "mkPackageOption" (let o = lib.mkPackageOption { hello = 1; } "hello" { }; in [ o.default o.defaultText.text o.description ]) [
    1
    "pkgs.hello"
    "The hello package to use."
  ])
  (check "mkPackageOption without default" ((lib.mkPackageOption { } "hello" { default = null; }) ? default) false)
  (check "mkPackageOption of a path" (lib.mkPackageOption { a.b = 1; } [ "a" "b" ] { }).defaultText.text "pkgs.a.b")
  (check "showOption" (map lib.showOption [ [ "a" "b" ] [ "a" "b c" ] [ "a" "<name>" "*" ] ]) [
    "a.b"
    "a.\"b c\""
    "a.<name>.*"
  ])
  (check "showFiles" (lib.showFiles [ "a" "b" ]) "`a' and `b'")
  (check "showDefs" (lib.options.showDefs [ { file = "f"; value = 1; } ]) "\n- In `f': 1")
  (check "showDefs of a set" (lib.options.showDefs [ { file = "f"; value = { a = 1; }; } ]) "\n- In `f':\n    {\n      a = 1;\n    }")
  (check "showDefs cuts" (lib.hasSuffix "..." (lib.options.showDefs [ { file = "f"; value = [ 1 2 3 4 5 6 7 ]; } ])) true)
  (check "showDefs of an error" (lib.options.showDefs [ { file = "f"; value = throw "x"; } ]) "\n- In `f'")
  (check "literalExpression" (lib.literalExpression "x") { _type = "literalExpression"; text = "x"; })
  (check "mergeDefaultOption" (map (values: lib.mergeDefaultOption [ "x" ] (map (value: { file = "f"; inherit value; }) values)) [
    [ [ 1 ] [ 2 ] ]
    [ { a = 1; } { b = 2; } ]
    [ true false ]
    [ "a" "b" ]
    [ 1 1 ]
  ]) [ [ 1 2 ] { a = 1; b = 2; } true "ab" 1 ])
  (check "doc list" (map (o: { inherit (o) name type; default = o.default.text or null; }) (docs [
    {
      options.a = mkOption { type = types.int; default = 1; description = "A."; };
      options.s = mkOption { type = types.attrsOf (types.submodule { options.b = mkOption { type = types.str; }; }); };
    }
  ])) [
    { name = "a"; type = "signed integer"; default = "1"; }
    { name = "s"; type = "attribute set of (submodule)"; default = null; }
    { name = "s.<name>.b"; type = "string"; default = null; }
  ])
  (check "invisible options" (map (o: o.visible) (docs [ { options.a = mkOption { visible = false; }; } ])) [ false ])
]
