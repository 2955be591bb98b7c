# Renamed, removed, merged and aliased options.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check config throws;
  inherit (lib) mkOption types;

  base = {
    options = {
      warnings = mkOption { type = types.listOf types.str; default = [ ]; };
      assertions = mkOption { type = types.listOf types.unspecified; default = [ ]; };
      new.name = mkOption { type = types.int; default = 0; };
    };
  };
  with' = module: definitions: config ([ base module ] ++ definitions);
  renamed = lib.mkRenamedOptionModule [ "old" ] [ "new" "name" ];
  alias = lib.mkAliasOptionModule [ "old" ] [ "new" "name" ];
  removed = lib.mkRemovedOptionModule [ "old" ] "Use another.";
  changed = lib.mkChangedOptionModule [ "old" ] [ "new" "name" ] (c: c.old * 2);
  merged = lib.mkMergedOptionModule [ [ "a" ] [ "b" ] ] [ "new" "name" ] (c: c.a + c.b);
  old = { _file = "old.nix"; old = 3; };
in
[
  (check "renamed" (with' renamed [ old ]).new.name 3)
  (check "renamed warns" (with' renamed [ old ]).warnings [
    "The option `old' defined in `old.nix' has been renamed to `new.name'."
  ])
  (check "renamed but unused" (with' renamed [ ]).warnings [ ])
  (check "alias" (with' alias [ old ]).new.name 3)
  (check "alias read" (with' alias [ { new.name = 4; } ]).old 4)
  (check "alias does not warn" (with' alias [ old ]).warnings [ ])
  (check "alias keeps priority" (with' alias [ { old = lib.mkForce 1; } { new.name = 2; } ]).new.name 1)
  (check "removed" (map (a: a.assertion) (with' removed [ old ]).assertions) [ false ])
  (check "removed but unused" (map (a: a.assertion) (with' removed [ ]).assertions) [ true ])
  (check "removed cannot be read" (throws (with' removed [ ]).old) true)
  (check "changed" (with' changed [ old ]).new.name 6)
  (check "changed warns" (builtins.length (with' changed [ old ]).warnings) 1)
  (check "merged" (with' merged [ { a = 1; b = 2; } ]).new.name 3)
  (check "merged but unused" (with' merged [ ]).new.name 0)
  (check "condition" (with' (lib.doRename {
    from = [ "old" ];
    to = [ "new" "name" ];
    visible = true;
    warn = false;
    use = x: x;
    condition = false;
  }) [ old ]).new.name 0)
  (check "mkAliasDefinitions" (config [
    { options.a = mkOption { type = types.int; }; options.b = mkOption { type = types.int; }; }
    ({ options, ... }: { b = lib.mkAliasDefinitions options.a; a = 5; })
  ]).b 5)
  (check "mkDerivedConfig" (config [
    { options.a = mkOption { type = types.int; }; options.b = mkOption { type = types.int; }; }
    ({ options, ... }: { b = lib.mkDerivedConfig options.a (x: x + 1); a = lib.mkForce 5; })
    { b = 1; }
  ]).b 6)
]
