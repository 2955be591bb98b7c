# Overridable functions, scopes, packages and what they say about themselves.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  add = { a, b ? 1 }: { sum = a + b; };
  package = {
    type = "derivation";
    name = "hello-1.0";
    pname = "hello";
    outPath = "/hello";
    meta.mainProgram = "hi";
  };
  scope = lib.makeScope lib.callPackageWith (self: {
    one = 1;
    two = self.callPackage ({ one }: { value = one + 1; }) { };
  });
in
[
  (check "makeOverridable" (((lib.makeOverridable add { a = 1; }).override { b = 5; }).sum) 6)
  (check "override with a function" (((lib.makeOverridable add { a = 1; }).override (old: { a = old.a + 1; })).sum) 3)
  (check "override keeps formals" (lib.functionArgs (lib.makeOverridable add { a = 1; }).override) { a = false; b = true; })
  (check "callPackageWith" (lib.callPackageWith { a = 1; unused = 2; } add { b = 2; }).sum 3)
  (check "callPackageWith can be overridden" ((lib.callPackageWith { a = 1; } add { }).override { a = 5; }).sum 6)
  (check "callPackagesWith" ((lib.callPackagesWith { a = 1; } ({ a }: { x = { inherit a; }; }) { }).x.override { a = 2; }).a 2)
  (check "makeScope" scope.two.value 2)
  (check "overrideScope" (scope.overrideScope (_: _: { one = 10; })).two.value 11)

  (check "getExe" [ (lib.getExe package) (lib.getExe' package "other") ] [ "/hello/bin/hi" "/hello/bin/other" ])
  (check "getExe' refuses" (map throws [ (lib.getExe' "x" "y") (lib.getExe' package "a/b") ]) [ true true ])
  (check "priorities" (lib.hiPrio package).meta.priority (-10))
  (check "appendToName" (lib.appendToName "debug" package).name "hello-debug-1.0")
  (check "platforms" (map (p: lib.meta.availableOn { system = "x86_64-linux"; } { meta = p; }) [
    { }
    { platforms = [ "x86_64-linux" ]; }
    { platforms = [ "aarch64-linux" ]; }
    { badPlatforms = [ "x86_64-linux" ]; }
  ]) [ true true false false ])
  (check "lazyDerivation" (lib.lazyDerivation { derivation = throw "evaluated"; passthru.x = 1; }).x 1)
  (check "optionalDrvAttr" [ (lib.optionalDrvAttr true 1) (lib.optionalDrvAttr false 1) ] [ 1 null ])
  (check "licences" [ lib.licenses.mit.spdxId lib.licenses.unfree.free (lib.getLicenseFromSpdxId "apache-2.0").shortName ] [ "MIT" false "asl20" ])
  (check "licences beside the list of SPDX" (map (name: { inherit (lib.licenses.${name}) free redistributable shortName; }) [ "sudo" "sfl" "nvidiaCuda" ]) [
    { free = true; redistributable = true; shortName = "sudo"; }
    { free = false; redistributable = true; shortName = "sfl"; }
    { free = false; redistributable = false; shortName = "CUDA EULA"; }
  ])
  (check "licence expressions" [
    (lib.licenses.toSPDX (lib.licenses.AND [ lib.licenses.mit (lib.licenses.OR [ lib.licenses.isc lib.licenses.asl20 ]) ]))
    (lib.licenses.isFree (lib.licenses.OR [ lib.licenses.mit lib.licenses.unfree ]))
    (lib.licenses.isFree (lib.licenses.AND [ lib.licenses.mit lib.licenses.unfree ]))
  ] [ "MIT AND (ISC OR Apache-2.0)" true false ])
  (check "textClosureList" (lib.textClosureList {
    a = lib.fullDepEntry "A" [ "b" ];
    b = lib.noDepEntry "B";
  } [ "a" "b" ]) [ "B" "A" ])
  (check "mapCrossIndex" (lib.attrNames (lib.functionArgs (lib.mapCrossIndex lib.id))) [ "buildBuild" "buildHost" "buildTarget" "hostHost" "hostTarget" "targetTarget" ])
  (check "closePropagation" (
    let
      package = name: propagatedBuildInputs: { outPath = name; inherit name propagatedBuildInputs; };
      c = package "c" [ ];
      a = package "a" [ (package "b" [ c ]) c ];
      names = map (p: p.name);
    in
    map names [ (lib.misc.closePropagationFast [ a null ]) (lib.misc.closePropagationSlow [ a ]) ]
  ) [ [ "a" "b" "c" ] [ "c" "b" "a" ] ])
  (check "names of repositories" [ (lib.repoRevToName "source" null null null) (lib.repoRevToName "full" "https://example.org/o/r.git" "abcdef0123456789" "x") (throws (lib.repoRevToName "other")) ] [ "source" "r-abcdef0-x-source" true ])
  (check "the distant past" (with lib.misc; [ (map nixType [ 1.5 null ./. { outPath = ""; } ]) (mergeAttrsWithFunc (a: b: a + b) { a = 1; b = 1; } { b = 2; c = 4; }) ]) [ [ "string" "null" "string" "derivation" ] { a = 1; b = 3; c = 8; } ])
]
