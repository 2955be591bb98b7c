# Loading modules: imports, keys, disabled modules, arguments, classes.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check config throws;
  inherit (lib) mkOption types;

  list = { options.x = mkOption { type = types.listOf types.int; default = [ ]; }; };
  keyed = key: value: { inherit key; x = [ value ]; };
  evaluate = lib.evalModules;
in
[
  (check "imports" (config [ { imports = [ list { x = [ 1 ]; } ]; } ]).x [ 1 ])
  (check "nested imports" (config [ { imports = [ { imports = [ list ]; x = [ 1 ]; } ]; } ]).x [ 1 ])
  (check "paths" (config [ ./modules/list.nix { x = [ 1 ]; } ]).x [ 1 0 ])
  (check "a path twice is one module" (config [ ./modules/list.nix { imports = [ ./modules/list.nix ]; } ]).x [ 0 ])
  (check "keys" (config [ list (keyed "a" 1) (keyed "a" 2) (keyed "b" 3) ]).x [ 3 1 ])
  (check "functions are distinct" (config [ list (_: { x = [ 1 ]; }) (_: { x = [ 1 ]; }) ]).x [ 1 1 ])
  (check "imported definitions come first" (config [ list { imports = [ { x = [ 1 ]; } ]; x = [ 2 ]; } ]).x [ 1 2 ])
  (check "lists as modules are refused" (throws (config [ [ list ] ])) true)
  (check "other values are refused" (throws (config [ { _type = "flake"; } ])) true)
  (check "unsupported attributes" (throws (config [ { config = { }; x = 1; } ])) true)
  (check "shorthand meta" (config [ { options.meta.x = mkOption { default = 1; }; } { meta.x = 2; } ]).meta.x 2)

  # Disabled modules.
  (check "disabled by path" (config [ ./modules/list.nix list { disabledModules = [ ./modules/list.nix ]; } ]).x [ ])
  (check "disabled by key" (config [ list (keyed "a" 1) { disabledModules = [ { key = "a"; } ]; } ]).x [ ])
  (check "disabled by string" (evaluate {
    modules = [ ./modules/list.nix list { disabledModules = [ "list.nix" ]; } ];
    specialArgs.modulesPath = ./modules;
  }).config.x [ ])
  (check "a disabled module's imports" (config [
    list
    { key = "a"; imports = [ (keyed "b" 1) ]; }
    { disabledModules = [ { key = "a"; } ]; }
  ]).x [ ])
  (check "sets without keys cannot be disabled" (throws (config [ { disabledModules = [ { } ]; } ])) true)

  # Arguments.
  (check "_module.args" (config [ list ({ n, ... }: { x = [ n ]; }) { _module.args.n = 7; } ]).x [ 7 ])
  (check "specialArgs in imports" (evaluate {
    modules = [ ({ extra, ... }: { imports = [ extra ]; }) list ];
    specialArgs.extra = { x = [ 1 ]; };
  }).config.x [ 1 ])
  (check "lib can be replaced" (evaluate {
    modules = [ list ({ lib, ... }: { x = [ lib.answer ]; }) ];
    specialArgs.lib = lib // { answer = 42; };
  }).config.x [ 42 ])
  (check "options" (config [ list ({ options, ... }: { x = [ (builtins.length options.x.declarations) ]; }) ]).x [ 1 ])
  (check "functors are functions" (config [ list { __functor = _: { ... }: { x = [ 1 ]; }; } ]).x [ 1 ])

  # Classes.
  (check "same class" (evaluate { class = "a"; modules = [ list { _class = "a"; x = [ 1 ]; } ]; }).config.x [ 1 ])
  (check "other class" (throws (evaluate { class = "a"; modules = [ { _class = "b"; } ]; }).config) true)

  # Files.
  (check "_file" (evaluate { modules = [ list { _file = "a.nix"; x = [ 1 ]; } ]; }).options.x.files [ "a.nix" ])
  (check "setDefaultModuleLocation" (evaluate { modules = [ list (lib.setDefaultModuleLocation "a.nix" { x = [ 1 ]; }) ]; }).options.x.files [ "a.nix" ])
  (check "importApply" (config [ list (lib.modules.importApply ./modules/apply.nix 3) ]).x [ 3 ])
  (check "importJSON" (config [ list (lib.modules.importJSON ./modules/data.json) ]).x [ 4 ])
  (check "graph" (map (n: n.disabled) (evaluate { modules = [ list { disabledModules = [ { key = ":anon-1"; } ]; } ]; }).graph) [ true false ])
  (check "collectModules" (
    let
      collected = lib.modules.collectModules ./modules [ { key = "a"; imports = [ { key = "b"; } ]; disabledModules = [ "/c" ]; } { key = "/c"; } ({ value, ... }: { key = value; }) ] { config._module.args.value = "d"; };
    in
    { modules = map (m: m.key) collected.modules; graph = map (m: { inherit (m) key disabled; }) collected.graph; }
  ) {
    modules = [ "a" "d" "b" ];
    graph = [ { key = "a"; disabled = false; } { key = "/c"; disabled = true; } { key = "d"; disabled = false; } ];
  })
]
