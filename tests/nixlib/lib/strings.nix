# Strings: joining, cutting, escaping, converting, comparing.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  s = lib.strings;
in
[
  (check "concatMapStringsSep" (lib.concatMapStringsSep "," toString [ 1 2 ]) "1,2")
  (check "concatImapStringsSep" (lib.concatImapStringsSep "-" (n: x: "${toString n}${x}") [ "a" "b" ]) "1a-2b")
  (check "concatMapAttrsStringSep" (lib.concatMapAttrsStringSep " " (n: v: "${n}=${v}") { a = "1"; b = "2"; }) "a=1 b=2")
  (check "concatLines" [ (lib.concatLines [ "a" "b" ]) (lib.concatLines [ ]) ] [ "a\nb\n" "" ])
  (check "intersperse" (lib.intersperse "/" [ "a" "b" "c" ]) [ "a" "/" "b" "/" "c" ])
  (check "replicate" (s.replicate 3 "ab") "ababab")
  (check "trim" [ (lib.trim " a b \n") (lib.trim " \n ") (lib.trimWith { end = true; } " a ") (lib.trimWith { start = true; } " a ") ] [ "a b" "" " a" "a " ])
  (check "splitString" [ (lib.splitString "." "a.b.") (lib.splitString "/" "") (lib.splitString "ab" "1ab2") ] [ [ "a" "b" "" ] [ "" ] [ "1" "2" ] ])
  (check "splitStringBy" [ (lib.splitStringBy (_: c: c == "-") false "a-b") (lib.splitStringBy (_: c: c == "B") true "aBc") ] [ [ "a" "b" ] [ "a" "Bc" ] ])
  (check "removePrefix" [ (lib.removePrefix "a" "ab") (lib.removePrefix "b" "ab") ] [ "b" "ab" ])
  (check "removeSuffix" [ (lib.removeSuffix "b" "ab") (lib.removeSuffix "abc" "ab") (lib.removeSuffix "" "ab") ] [ "a" "ab" "ab" ])
  (check "hasPrefix" [ (lib.hasPrefix "a" "ab") (lib.hasPrefix "" "") (lib.hasPrefix "abc" "ab") ] [ true true false ])
  (check "hasSuffix" [ (lib.hasSuffix "b" "ab") (lib.hasSuffix "" "a") (lib.hasSuffix "aab" "ab") ] [ true true false ])
  (check "hasInfix" [ (lib.hasInfix "b.c" "ab.cd") (lib.hasInfix "b.c" "abxcd") (lib.hasInfix "" "") (throws (lib.hasInfix "" (throw "text"))) ] [ true false true true ])
  (check "case" [ (lib.toUpper "aB1") (lib.toLower "aB1") (lib.toSentenceCase "hELLO") (lib.toCamelCase "some-thing_elseHere now") ] [ "AB1" "ab1" "Hello" "someThingElseHereNow" ])
  (check "normalizePath" (s.normalizePath "/a//b///c/") "/a/b/c/")
  (check "sanitizeDerivationName" (map s.sanitizeDerivationName [ "a b/c" "..x" "" "ok" ]) [ "a-b-c" "x" "unknown" "ok" ])
  (check "makeBinPath" (lib.makeBinPath [ "/a" { outPath = "/b"; } null ]) "/a/bin:/b/bin")
  (check "makeSearchPathOutput" (lib.makeSearchPathOutput "dev" "include" [ { outPath = "/a"; dev = "/d"; } ]) "/d/include")
  (check "versions" [ (lib.versionOlder "1.1" "1.2") (lib.versionAtLeast "1.1" "1.1") (lib.versionOlder "2" "1") ] [ true true false ])
  (check "names" [ (lib.getName "a-b-1.2") (lib.getVersion "a-b-1.2") (lib.getName { pname = "x"; }) (lib.getVersion { name = "x-3"; }) ] [ "a-b" "1.2" "x" "3" ])
  (check "nameFromURL" (lib.nameFromURL "https://example.org/a/foo-1.tar.gz" "-") "foo")

  (check "escape" (lib.escape [ "(" ")" ] "(a)") "\\(a\\)")
  (check "escapeShellArg" (map lib.escapeShellArg [ "plain" "a b" "it's" "" 3 ]) [ "plain" "'a b'" "'it'\\''s'" "''" "3" ])
  (check "toShellVars" (lib.toShellVars { a = "x y"; l = [ "1" "2 3" ]; s = { k = "v"; }; }) "a='x y'\ndeclare -a l=(1 '2 3')\ndeclare -A s=([k]=v)")
  (check "toShellVar refuses" (throws (lib.toShellVar "a-b" "")) true)
  (check "escapeNixString" (s.escapeNixString "a\"\${b}\n") "\"a\\\"\\\${b}\\n\"")
  (check "escapeNixIdentifier" (map s.escapeNixIdentifier [ "a-b" "if" "1a" "" ]) [ "a-b" "\"if\"" "\"1a\"" "\"\"" ])
  (check "escapeRegex" (lib.escapeRegex "a.b*") "a\\.b\\*")
  (check "escapeURL" (lib.escapeURL "a b/~") "a%20b%2F~")
  (check "escapeXML" (lib.escapeXML "<a b='\"&'>") "&lt;a b=&apos;&quot;&amp;&apos;&gt;")
  (check "escapeC" (s.escapeC [ " " ] "a b") "a\\x20b")

  (check "toInt" [ (lib.toInt " 12 ") (lib.toInt "-3") (throws (lib.toInt "012")) (throws (lib.toInt "1x")) ] [ 12 (-3) true true ])
  (check "toIntBase10" [ (lib.toIntBase10 "012") (lib.toIntBase10 "00") (throws (lib.toIntBase10 "")) ] [ 12 0 true ])
  (check "fixedWidth" [ (lib.fixedWidthNumber 4 15) (lib.fixedWidthString 3 "x" "a") (throws (lib.fixedWidthString 1 "x" "ab")) (throws (lib.fixedWidthString 4 "xy" "a")) ] [ "0015" "xxa" true true ])
  (check "isStringLike" (map lib.isStringLike [ "" ./. { outPath = ""; } { __toString = _: ""; } 1 { } ]) [ true true true true false false ])
  (check "isConvertibleWithToString" (map s.isConvertibleWithToString [ 1 null [ 1 "a" ] [ { } ] (x: x) ]) [ true true true false false ])
  (check "isStorePath" (map lib.isStorePath [ "${builtins.storeDir}/d945ibfx9x185xf04b890y4f9g3cbb63-python" "${builtins.storeDir}/d945ibfx9x185xf04b890y4f9g3cbb63-python/bin" "/a" 1 ]) [ true false false false ])
  (check "charToInt" (map s.charToInt [ "A" " " "~" "\n" ]) [ 65 32 126 10 ])
  (check "features" [ (lib.enableFeature true "x") (lib.enableFeatureAs false "x" "y") (lib.withFeatureAs true "x" "y") ] [ "--enable-x" "--disable-x" "--with-x=y" ])
  (check "cmake and meson" [ (lib.cmakeBool "A" true) (lib.cmakeFeature "B" "c") (lib.mesonBool "d" false) (lib.mesonEnable "e" true) ] [ "-DA:BOOL=TRUE" "-DB:STRING=c" "-Dd=false" "-De=enabled" ])

  (check "levenshtein" [ (s.levenshtein "kitten" "sitting") (s.levenshtein "" "abc") (s.levenshtein "same" "same") ] [ 3 3 0 ])
  (check "levenshteinAtMost" [
    (s.levenshteinAtMost 0 "a" "a")
    (s.levenshteinAtMost 1 "enable" "enabel")
    (s.levenshteinAtMost 2 "enable" "enabel")
    (s.levenshteinAtMost 1 "abc" "abcd")
    (s.levenshteinAtMost 1 "abc" "abcde")
    (s.levenshteinAtMost 3 "kitten" "sitting")
  ] [ true false true true false true ])
  (check "contexts are kept" (map builtins.hasContext (
    let
      text = "${builtins.toFile "x" ""}/a b";
    in
    [ (lib.removePrefix "/" text) (builtins.head (lib.splitString " " text)) (lib.escapeShellArg text) (lib.toUpper text) ]
  )) [ true true true true ])
]
