# The module system: properties, priorities, order, freeform definitions, what `options` tells.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; })
    check
    config
    options
    throws
    ;
  inherit (lib)
    mkAfter
    mkBefore
    mkDefault
    mkForce
    mkIf
    mkMerge
    mkOption
    mkOverride
    types
    ;

  declare = name: type: { options.${name} = mkOption { inherit type; }; };
  x = declare "x" types.int;
  list = declare "x" (types.listOf types.int);
in
[
  (check "default" (config [ { options.x = mkOption { default = 1; }; } ]) { x = 1; })
  (check "definition" (config [ x { x = 2; } ]) { x = 2; })
  (check "function" (config [ x ({ config, ... }: { options.y = mkOption { default = config.x + 1; }; }) { x = 1; } ]) {
    x = 1;
    y = 2;
  })

  # Properties.
  (check "mkIf true" (config [ x { x = mkIf true 1; } ]).x 1)
  (check "mkIf false" (throws (config [ x { x = mkIf false 1; } ]).x) true)
  (check "mkIf around everything" (config [ x (mkIf true { x = 1; }) ]).x 1)
  (check "mkIf on itself" (config [
    { options.on = mkOption { type = types.bool; default = false; }; }
    x
    ({ config, ... }: { config = mkIf config.on { x = 2; }; })
    { x = mkDefault 1; on = true; }
  ]).x 2)
  (check "mkIf needs a boolean" (throws (config [ x { x = mkIf 1 1; } ]).x) true)
  (check "mkMerge" (config [ list { x = mkMerge [ [ 1 ] (mkIf false [ 2 ]) [ 3 ] ]; } ]).x [ 1 3 ])
  (check "mkMerge of sets" (config [ x (declare "y" types.int) { config = mkMerge [ { x = 1; } { y = 2; } ]; } ]) {
    x = 1;
    y = 2;
  })
  (check "mkDefault loses" (config [ x { x = mkDefault 1; } { x = 2; } ]).x 2)
  (check "mkForce wins" (config [ x { x = mkForce 1; } { x = 2; } ]).x 1)
  (check "mkOverride" (config [ x { x = mkOverride 20 1; } { x = mkForce 2; } ]).x 1)
  (check "mkVMOverride" (config [ x { x = lib.mkVMOverride 1; } { x = mkForce 2; } ]).x 1)
  (check "conflict" (throws (config [ x { x = 1; } { x = 2; } ]).x) true)
  (check "mkForce around a set" (config [
    { options.a.x = mkOption { type = types.int; }; }
    { a = mkForce { x = 1; }; }
    { a.x = 2; }
  ]).a.x 1)
  (check "order" (config [ list { x = mkAfter [ 3 ]; } { x = [ 2 ]; } { x = mkBefore [ 1 ]; } ]).x [ 1 2 3 ])
  (check "order with priority" (config [ list { x = mkForce (mkAfter [ 3 ]); } { x = mkForce [ 2 ]; } { x = [ 9 ]; } ]).x [ 2 3 ])
  (check "mkAssert" (throws (config [ x { x = lib.mkAssert false "no" 1; } ]).x) true)
  (check "mkDefinition" (map (d: d.file) (options [
    x
    { x = lib.mkDefinition { file = "elsewhere"; value = 1; }; }
  ]).x.definitionsWithLocations) [ "elsewhere" ])

  # Options.
  (check "apply" (config [ { options.x = mkOption { apply = v: v + 1; }; } { x = 1; } ]).x 2)
  (check "readOnly once" (config [ { options.x = mkOption { readOnly = true; type = types.int; }; } { x = 1; } ]).x 1)
  (check "readOnly twice" (throws (config [
    { options.x = mkOption { readOnly = true; default = 1; }; }
    { x = 1; }
  ]).x) true)
  (check "declared twice" (config [
    { options.x = mkOption { type = types.enum [ 1 ]; }; }
    { options.x = mkOption { type = types.enum [ 2 ]; default = 2; }; }
  ]).x 2)
  (check "two defaults" (throws (config [
    { options.x = mkOption { default = 1; }; }
    { options.x = mkOption { default = 1; }; }
  ]).x) true)
  (check "types that do not merge" (throws (config [ x (declare "x" types.str) ]).x) true)
  (check "option below an option" (throws (config [ x { options.x.y = mkOption { }; } ]).x) true)
  (check "unknown option" (throws (config [ x { x = 1; z = 1; } ])) true)
  (check "unknown option, unchecked" (config [ x { x = 1; z = 1; _module.check = false; } ]) { x = 1; })
  (check "nested options" (config [
    { options.a.b.c = mkOption { default = 1; }; }
    { options.a.b.d = mkOption { default = 2; }; }
    { a.b.c = 3; }
  ]) { a.b = { c = 3; d = 2; }; })
  (check "a type in the place of an option" (throws (config [ { options.x = types.int; } ])) true)

  # Freeform definitions.
  (check "freeform" (config [ { freeformType = types.attrsOf types.int; } x { x = 1; y = 2; } ]) { x = 1; y = 2; })
  (check "freeform checks" (throws (config [ { freeformType = types.attrsOf types.int; } { y = "a"; } ]).y) true)
  (check "freeform beside nested options" (config [
    { freeformType = types.attrsOf (types.attrsOf types.int); options.a.x = mkOption { default = 1; }; }
    { a.y = 2; b.z = 3; }
  ]) { a = { x = 1; y = 2; }; b.z = 3; })
  (check "freeform with properties" (config [
    { freeformType = types.attrsOf types.int; }
    (mkIf true { a = mkForce 1; })
    { a = 2; b = mkIf false 3; }
  ]) { a = 1; })
  (check "freeform lists join" (config [
    { freeformType = types.attrsOf (types.listOf types.int); }
    { a = [ 1 ]; }
    { a = [ 2 ]; }
  ]) { a = [ 2 1 ]; })

  # What `options` tells.
  (check "isDefined" (let o = options [ x (declare "y" types.int) { x = 1; } ]; in [ o.x.isDefined o.y.isDefined ]) [ true false ])
  (check "highestPrio" (let o = options [ x (declare "y" types.int) { x = mkForce 1; y = 2; } ]; in [ o.x.highestPrio o.y.highestPrio ]) [ 50 100 ])
  (check "files" (options [ x { _file = "f.nix"; x = 1; } ]).x.files [ "f.nix" ])
  (check "declarations" (options [ (x // { _file = "d.nix"; }) ]).x.declarations [ "d.nix" ])
  (check "declarationPositions" (map (p: p.file) (options [ x ]).x.declarationPositions) [ (toString ./modules.nix) ])
  (check "loc" (options [ { options.a.b = mkOption { default = 1; }; } ]).a.b.loc [ "a" "b" ])
  (check "toString of an option" (toString (options [ x ]).x) "x")
  (check "definitions" (options [ list { x = [ 1 ]; } { x = mkIf false [ 2 ]; } ]).x.definitions [ [ 1 ] ])
  (check "valueMeta" (options [
    (declare "x" (types.attrsOf (types.submodule { options.a = mkOption { default = 1; }; })))
    { x.s = { }; }
  ]).x.valueMeta.attrs.s.configuration.options.a.value 1)
  (check "mergeAttrDefinitionsWithPrio" (lib.modules.mergeAttrDefinitionsWithPrio (options [
    (declare "x" (types.attrsOf types.int))
    { x = { a = mkForce 1; b = 2; }; }
  ]).x) { a = { value = 1; highestPrio = 50; }; b = { value = 2; highestPrio = 100; }; })

  # Laziness.
  (check "unused values are not evaluated" (config [ x (declare "y" types.int) { x = 1; y = throw "evaluated"; } ]).x 1)
  (check "losing values are not evaluated" (config [ x { x = mkDefault (throw "evaluated"); } { x = 1; } ]).x 1)
  (check "defaults are not evaluated" (config [ { options.x = mkOption { default = throw "evaluated"; }; } { x = 1; } ]).x 1)

  # The result of an evaluation.
  (check "attributes of the result" (builtins.attrNames (lib.evalModules { modules = [ ]; })) [
    "_module"
    "_type"
    "class"
    "config"
    "extendModules"
    "graph"
    "options"
    "type"
  ])
  (check "extendModules" ((lib.evalModules { modules = [ x { x = mkDefault 1; } ]; }).extendModules {
    modules = [ { x = 2; } ];
  }).config.x 2)
  (check "prefix" (lib.evalModules { modules = [ x ]; prefix = [ "p" ]; }).options.x.loc [ "p" "x" ])
  (check "the result's type" (config [
    { options.s = mkOption { type = (lib.evalModules { modules = [ x ]; }).type; }; }
    { s.x = 5; }
  ]).s.x 5)
]
