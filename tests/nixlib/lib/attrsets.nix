# Attribute sets: paths, choosing, mapping, merging.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  nested = { a.b.c = 1; };
in
[
  (check "attrByPath" [ (lib.attrByPath [ "a" "b" "c" ] 0 nested) (lib.attrByPath [ "a" "x" ] 0 nested) (lib.attrByPath [ ] 0 1) ] [ 1 0 1 ])
  (check "hasAttrByPath" [ (lib.hasAttrByPath [ "a" "b" ] nested) (lib.hasAttrByPath [ "a" "x" ] nested) ] [ true false ])
  (check "longestValidPathPrefix" (lib.attrsets.longestValidPathPrefix [ "a" "b" "x" "y" ] nested) [ "a" "b" ])
  (check "setAttrByPath" (lib.setAttrByPath [ "a" "b" ] 1) { a.b = 1; })
  (check "updateManyAttrsByPath" (lib.updateManyAttrsByPath [
    { path = [ "a" "b" "c" ]; update = x: x + 1; }
    { path = [ "n" "m" ]; update = _: 9; }
  ] nested) { a.b.c = 2; n.m = 9; })
  (check "filterAttrs" (lib.filterAttrs (n: v: n == "a" || v > 1) { a = 0; b = 1; c = 2; }) { a = 0; c = 2; })
  (check "filterAttrsRecursive" (lib.filterAttrsRecursive (n: _: n != "x") { a = { x = 1; y = 2; }; x = 3; }) { a.y = 2; })
  (check "collect" (lib.collect builtins.isInt { a = 1; b = { c = 2; d = "x"; }; }) [ 1 2 ])
  (check "mapAttrs'" (lib.mapAttrs' (n: v: lib.nameValuePair "${n}!" (v + 1)) { a = 1; }) { "a!" = 2; })
  (check "mapAttrsToList" (lib.mapAttrsToList (n: v: "${n}${v}") { b = "2"; a = "1"; }) [ "a1" "b2" ])
  (check "mapAttrsRecursive" (lib.mapAttrsRecursive (path: v: "${lib.concatStringsSep "." path}=${toString v}") nested) { a.b.c = "a.b.c=1"; })
  (check "mapAttrsRecursiveCond" (lib.mapAttrsRecursiveCond (s: !(s ? c)) (path: _: path) nested) { a.b = [ "a" "b" ]; })
  (check "mapAttrsToListRecursive" (lib.mapAttrsToListRecursive (path: v: path ++ [ v ]) nested) [ [ "a" "b" "c" 1 ] ])
  (check "genAttrs" (lib.genAttrs [ "a" "b" ] (n: "${n}1")) { a = "a1"; b = "b1"; })
  (check "concatMapAttrs" (lib.concatMapAttrs (n: v: { ${n} = v; "${n}2" = v; }) { a = 1; }) { a = 1; a2 = 1; })
  (check "foldAttrs" (lib.foldAttrs (x: acc: [ x ] ++ acc) [ ] [ { a = 1; } { a = 2; b = 3; } ]) { a = [ 1 2 ]; b = [ 3 ]; })
  (check "foldlAttrs" (lib.foldlAttrs (acc: n: v: "${acc}${n}${v}") "" { a = "1"; b = "2"; }) "a1b2")
  (check "cartesianProduct" (lib.cartesianProduct { a = [ 1 2 ]; b = [ 3 ]; }) [ { a = 1; b = 3; } { a = 2; b = 3; } ])
  (check "zipAttrs" (lib.zipAttrs [ { a = 1; } { a = 2; b = 3; } ]) { a = [ 1 2 ]; b = [ 3 ]; })
  (check "zipAttrsWithNames" (lib.zipAttrsWithNames [ "a" ] (_: v: v) [ { a = 1; b = 2; } ]) { a = [ 1 ]; })
  (check "mergeAttrsList" (lib.mergeAttrsList [ { a = 1; } { b = 2; } { a = 3; } ]) { a = 3; b = 2; })
  (check "recursiveUpdate" (lib.recursiveUpdate { a = { b = 1; c = 2; }; d = 1; } { a.b = 9; d.e = 2; }) { a = { b = 9; c = 2; }; d.e = 2; })
  (check "recursiveUpdate is lazy" ((lib.recursiveUpdate { a = throw "evaluated"; } { b = 1; }).b) 1)
  (check "recursiveUpdateUntil" (lib.recursiveUpdateUntil (path: _: _: path == [ "a" ]) { a.x = 1; b.x = 1; } { a.y = 2; b.y = 2; }) { a.y = 2; b = { x = 1; y = 2; }; })
  (check "matchAttrs" [ (lib.matchAttrs { a.b = 1; } { a = { b = 1; c = 2; }; }) (lib.matchAttrs { a.b = 1; } { a = 1; }) (lib.matchAttrs { x = 1; } { }) ] [ true false false ])
  (check "overrideExisting" (lib.overrideExisting { a = 1; } { a = 2; b = 3; }) { a = 2; })
  (check "unionOfDisjoint" [ (lib.attrsets.unionOfDisjoint { a = 1; } { b = 2; }) (throws (lib.attrsets.unionOfDisjoint { a = 1; } { a = 2; })) ] [ { a = 1; b = 2; } true ])
  (check "showAttrPath" (map lib.showAttrPath [ [ "a" "b c" ] [ ] ]) [ "a.\"b c\"" "<root attribute path>" ])
  (check "getOutput" [ (lib.getBin { outPath = "/o"; bin = "/b"; }) (lib.getLib { out = "/o"; }) (lib.getDev "/x") ] [ "/b" "/o" "/x" ])
  (check "getOutput of a chosen output" (lib.getBin { outputSpecified = true; bin = 1; }) { outputSpecified = true; bin = 1; })
  (check "overrideExisting" [ (lib.overrideExisting { a = 1; b = 2; } { b = 3; c = 4; }) (lib.overrideExisting { a = 1; } null) ] [ { a = 1; b = 3; } { a = 1; } ])
]
