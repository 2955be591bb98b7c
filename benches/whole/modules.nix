# Many modules through `lib.evalModules` of the search path: each declares an option, sets it, and adds to shared ones.
{ size ? 2000 }:
let
  lib = import <lib>;
  name = index: "option-${toString index}";
  module = index: { config, lib, ... }: {
    options.each.${name index} = lib.mkOption {
      type = lib.types.submodule {
        options.enable = lib.mkEnableOption "it";
        options.port = lib.mkOption { type = lib.types.port; default = 80; };
      };
      default = { };
    };
    config.each.${name index} = { enable = true; port = lib.mkDefault (1000 + index); };
    config.names = lib.mkIf config.each.${name index}.enable [ (name index) ];
    config.texts.${name index} = "port ${toString config.each.${name index}.port}";
  };
  shared = { lib, ... }: {
    options.names = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
    options.texts = lib.mkOption { type = lib.types.attrsOf lib.types.lines; default = { }; };
  };
  evaluated = (lib.evalModules { modules = [ shared ] ++ builtins.genList module size; }).config;
in
builtins.hashString "sha256" (builtins.toJSON { inherit (evaluated) each names texts; })
