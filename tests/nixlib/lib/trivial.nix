# Functions, numbers, warnings, fixed points, assertions, versions.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
in
[
  (check "pipe" (lib.pipe 1 [ (x: x + 1) (x: x * 10) ]) 20)
  (check "flip" (lib.flip (a: b: [ a b ]) 1 2) [ 2 1 ])
  (check "isFunction" (map lib.isFunction [ (x: x) { __functor = _: x: x; } { } builtins.head ]) [ true true false true ])
  (check "functionArgs" (map lib.functionArgs [ ({ a, b ? 1 }: a) (lib.setFunctionArgs (x: x) { c = true; }) ]) [ { a = false; b = true; } { c = true; } ])
  (check "mirrorFunctionArgs" (lib.functionArgs (lib.mirrorFunctionArgs ({ a }: a) (x: x))) { a = false; })
  (check "toFunction" [ (lib.toFunction 1 2) (lib.toFunction (x: x + 1) 2) ] [ 1 3 ])
  (check "mod" [ (lib.mod 7 3) (lib.mod (-7) 3) ] [ 1 (-1) ])
  (check "min, max, compare" [ (lib.min 1 2) (lib.max 1 2) (lib.compare 1 2) (lib.compare "b" "a") ] [ 1 2 (-1) 1 ])
  (check "splitByAndCompare" (builtins.sort (a: b: lib.splitByAndCompare (lib.hasPrefix "x") lib.compare lib.compare a b < 0) [ "b" "xb" "a" "xa" ]) [ "xa" "xb" "a" "b" ])
  (check "digits" [ (lib.toBaseDigits 2 6) (lib.toHexString 255) (lib.fromHexString "0xFf") ] [ [ 1 1 0 ] "FF" 255 ])
  (check "bits" [ (lib.bitAnd 6 3) (lib.bitOr 6 3) (lib.bitXor 6 3) (lib.bitNot 0) ] [ 2 7 5 (-1) ])
  (check "throwIf" [ (throws (lib.throwIf true "x" 1)) (lib.throwIf false "x" 1) (lib.throwIfNot true "x" 1) ] [ true 1 1 ])
  (check "checkListOfEnum" [ (lib.checkListOfEnum "m" [ 1 2 ] [ 1 ] "ok") (throws (lib.checkListOfEnum "m" [ 1 ] [ 2 ] "ok")) ] [ "ok" true ])
  (check "assertMsg" [ (lib.assertMsg true "x") (throws (lib.assertMsg false "x")) (throws (lib.assertOneOf "n" 1 [ 2 ])) ] [ true true true ])
  (check "checkAssertWarn" [ (lib.asserts.checkAssertWarn [ ] [ ] 1) (throws (lib.asserts.checkAssertWarn [ { assertion = false; message = "m"; } ] [ ] 1)) ] [ 1 true ])
  (check "fix" (lib.fix (self: { a = 1; b = self.a + 1; })).b 2)
  (check "converge" (lib.converge (x: x / 2) 16) 0)
  (check "extends" (lib.fix (lib.extends (_: prev: { b = prev.a + 10; }) (_: { a = 1; }))).b 11)
  (check "composeManyExtensions" (lib.fix (lib.extends (lib.composeManyExtensions [
    (_: prev: { x = prev.x ++ [ 1 ]; })
    (_: prev: { x = prev.x ++ [ 2 ]; })
  ]) (_: { x = [ ]; }))).x [ 1 2 ])
  (check "makeExtensible" ((lib.makeExtensible (self: { a = 1; b = self.a; })).extend (_: _: { a = 2; })).b 2)
  (check "the library is extensible" ((lib.extend (_: prev: { answer = prev.id 42; })).answer) 42)
  (check "an extension is seen by the topics" ((lib.extend (_: _: { mkMarker = 1; })).extend (_: prev: { y = prev.mkMarker; })).y 1)
  (check "versions" [ (lib.versions.major "1.2.3") (lib.versions.minor "1.2.3") (lib.versions.majorMinor "1.2.3") (lib.versions.pad 3 "1.2-pre") ] [ "1" "2" "1.2" "1.2.0-pre" ])
  (check "runTests" (lib.runTests { testA = { expr = 1; expected = 2; }; testB = { expr = 1; expected = 1; }; }) [ { name = "testA"; expected = 2; result = 1; } ])
]
