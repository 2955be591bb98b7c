# `lib.hm`: graphs, types, names.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check merge throws;
  inherit (lib.hm) dag;
  order = graph: map (entry: entry.name) (dag.topoSort graph).result;
in
[
  (check "topoSort" (order {
    a = dag.entryAnywhere 1;
    b = dag.entryBefore [ "a" ] 2;
    c = dag.entryBetween [ "b" ] [ ] 3;
    d = dag.entryAfter [ "a" ] 4;
  }) [ "c" "b" "a" "d" ])
  (check "unknown names are ignored" (order { a = dag.entryAfter [ "nothing" ] 1; }) [ "a" ])
  (check "cycles" ((dag.topoSort { a = dag.entryAfter [ "b" ] 1; b = dag.entryAfter [ "a" ] 2; }) ? cycle) true)
  (check "entriesBetween" (dag.entriesBetween "x" [ "end" ] [ "start" ] [ 1 2 ]) {
    x-0 = { data = 1; after = [ "start" ]; before = [ ]; };
    x-1 = { data = 2; after = [ "x-0" ]; before = [ "end" ]; };
  })
  (check "map" (dag.map (n: d: "${n}${d}") { a = dag.entryAnywhere "x"; }).a.data "ax")
  (check "isDag" (map dag.isDag [ { } { a = dag.entryAnywhere 1; } { a = 1; } ]) [ true true false ])
  (check "dagOf" (merge (lib.hm.types.dagOf lib.types.int) [ { a = 1; } { b = dag.entryAfter [ "a" ] 2; } ]) {
    a = { data = 1; after = [ ]; before = [ ]; };
    b = { data = 2; after = [ "a" ]; before = [ ]; };
  })
  (check "selectorFunction" (merge lib.hm.types.selectorFunction [ (s: [ s.a ]) (s: [ s.b ]) ] { a = 1; b = 2; }) [ 2 1 ])
  (check "gvariant type" (toString (merge lib.hm.types.gvariant [ [ 1 ] [ 2 ] ])) "@ai [2,1]")
  (check "gvariant type refuses" (throws (merge lib.hm.types.gvariant [ 1 "a" ])) true)
  (check "storeFileName" (lib.hm.strings.storeFileName ".config/a b@c.conf") "hm_.configabc.conf")
  (check "toSnakeCase" (lib.hm.strings.toSnakeCase "someLongName") "some_long_name")
  (check "shell" (lib.hm.shell.exportAll { A = "x"; B = true; C = null; }) "export A=\"x\"\nexport B=\"true\"")
  (check "prependToVar" (lib.hm.shell.prependToVar ":" "PATH" [ "/a" "/b" ]) "/a:/b\${PATH:+:}$PATH")
  (check "toKDL" (lib.hm.generators.toKDL { } { node = { _args = [ "x" 1 ]; _props.p = true; child = null; }; }) "node \"x\" 1 p=true {\n\tchild null\n}\n")
  (check "assertPlatform" (lib.hm.assertions.assertPlatform "m" { stdenv.hostPlatform.system = "a"; } [ "b" ]).assertion false)
]
