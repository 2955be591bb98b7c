# Submodules, deferred modules, and both ways of evaluating instances: with and without module arguments.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; })
    check
    config
    options
    throws
    ;
  inherit (lib) mkForce mkIf mkMerge mkOption types;

  # The same options from a module that takes arguments and from one that does not; both have to behave alike.
  plain = {
    options.a = mkOption { type = types.int; default = 1; };
    options.l = mkOption { type = types.listOf types.int; default = [ ]; };
  };
  called = { ... }: plain;
  freeform = { freeformType = types.attrsOf types.int; };
  freeformCalled = { ... }: freeform;

  sub = module: type: definitions: (config ([ { options.s = mkOption { type = type (types.submodule module); }; } ] ++ definitions)).s;
  one = t: t;

  both =
    name: type: modules: definitions: expected:
    [
      (check "${name}, plain" (sub (builtins.elemAt modules 0) type definitions) expected)
      (check "${name}, called" (sub (builtins.elemAt modules 1) type definitions) expected)
    ];
  bothThrow =
    name: modules: definitions:
    [
      (check "${name}, plain" (throws (sub (builtins.elemAt modules 0) one definitions)) true)
      (check "${name}, called" (throws (sub (builtins.elemAt modules 1) one definitions)) true)
    ];
  declared = [ plain called ];
  open = [ freeform freeformCalled ];
in
both "defaults" one declared [ { s = { }; } ] { a = 1; l = [ ]; }
++ both "definitions" one declared [ { s.a = 2; } { s.l = [ 1 ]; } { s.l = [ 2 ]; } ] { a = 2; l = [ 1 2 ]; }
++ both "properties around a definition" one declared [ { s = mkIf true { a = 2; }; } { s = mkMerge [ { l = [ 1 ]; } (mkIf false { l = [ 2 ]; }) ]; } ] { a = 2; l = [ 1 ]; }
++ both "priorities inside" one declared [ { s.a = mkForce 2; } { s.a = 3; } ] { a = 2; l = [ ]; }
++ both "in sets" types.attrsOf declared [ { s.x.a = 2; } { s.y = { }; } ] { x = { a = 2; l = [ ]; }; y = { a = 1; l = [ ]; }; }
++ both "in lists" types.listOf declared [ { s = [ { a = 2; } { } ]; } ] [ { a = 2; l = [ ]; } { a = 1; l = [ ]; } ]
++ both "freeform" one open [ { s = { x = 1; y = mkIf false 2; }; } { s.z = mkForce 3; } { s.z = 4; } ] { x = 1; z = 3; }
++ both "functions as definitions" one declared [ { s = { config, ... }: { l = [ config.a ]; }; } ] { a = 1; l = [ 1 ]; }
++ bothThrow "unknown option" declared [ { s.z = 1; } ]
++ bothThrow "wrong type" declared [ { s.a = "x"; } ]
++ bothThrow "wrong freeform type" open [ { s.a = "x"; } ]
++ bothThrow "not a set" declared [ { s = 1; } ]
++ [
  (check "name" (config [
    {
      options.s = mkOption {
        type = types.attrsOf (types.submodule ({ name, ... }: { options.n = mkOption { default = name; }; }));
      };
    }
    { s.foo = { }; }
  ]).s.foo.n "foo")
  (check "check can be turned off inside" (sub plain one [ { s = { z = 1; _module.check = false; }; } ]).a 1)
  (check "freeformType set from outside" (sub plain one [ { s = { z = 1; _module.freeformType = types.attrsOf types.int; }; } ]).z 1)
  (check "options added to a submodule" (config [
    { options.s = mkOption { type = types.submodule plain; }; }
    { options.s = mkOption { type = types.submodule { options.b = mkOption { default = 5; }; }; }; }
    { s.a = 2; }
  ]).s { a = 2; b = 5; l = [ ]; })
  (check "options declared inside" (config [
    { options.s = mkOption { type = types.submodule plain; }; }
    { options.s.b = mkOption { default = 5; }; }
    { s.a = 2; }
  ]).s { a = 2; b = 5; l = [ ]; })
  (check "modules as definitions" (config [
    { options.s = mkOption { type = types.submoduleWith { modules = [ plain ]; }; }; }
    { s = { options.b = mkOption { default = 5; }; config.a = 3; }; }
  ]).s { a = 3; b = 5; l = [ ]; })
  (check "specialArgs" (config [
    {
      options.s = mkOption {
        type = types.submoduleWith {
          modules = [ ({ n, ... }: { options.m = mkOption { default = n; }; }) ];
          specialArgs.n = 9;
        };
      };
    }
    { s = { }; }
  ]).s.m 9)
  (check "imports of plain modules" (sub { imports = [ plain { l = [ 7 ]; } ]; } one [ { s.l = [ 8 ]; } ]).l [ 7 8 ])
  (check "locations" (options [ { options.s = mkOption { type = types.attrsOf (types.submodule plain); }; } { s.x = { }; } ]).s.valueMeta.attrs.x.configuration.options.a.loc [ "s" "x" "a" ])
  (check "an instance can be extended" ((options [ { options.s = mkOption { type = types.submodule plain; }; } { s.a = 2; } ]).s.valueMeta.configuration.extendModules {
    modules = [ { l = [ 1 ]; } ];
  }).config { a = 2; l = [ 1 ]; })
  (check "_module of an instance" (options [ { options.s = mkOption { type = types.submodule plain; }; } { s = { }; } ]).s.valueMeta.configuration._module.args.name "s")
  (check "sub-options for manuals" (builtins.attrNames ((types.attrsOf (types.submodule plain)).getSubOptions [ "s" ])) [ "_module" "a" "l" ])
  (check "deferredModule" (config [
    { options.m = mkOption { type = types.deferredModule; default = { }; }; }
    { m = plain; }
    { m = { a = 4; }; }
    ({ config, ... }: { options.r = mkOption { default = (lib.evalModules { modules = [ config.m ]; }).config.a; }; })
  ]).r 4)
  (check "optionType" (config [
    { options.t = mkOption { type = types.optionType; }; }
    { t = types.enum [ 1 ]; }
    { t = types.enum [ 2 ]; }
  ]).t.description "one of 2, 1")
  (check "recursive types" (
    let
      tree = types.submodule { options.children = mkOption { type = types.attrsOf tree; default = { }; }; };
    in
    config [ { options.t = mkOption { type = tree; }; } { t.children.a.children.b = { }; } ]
  ).t { children.a.children.b.children = { }; })
]
