# The generation: the object that a switch installs, with home-manager's layout and hm's manifest.
{
  config,
  lib,
  primops,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.home;

  text = contents: {
    type = "regular";
    inherit contents;
    executable = false;
  };

  link = target: {
    type = "symlink";
    target = "${target}";
  };

  configHome = lib.removePrefix (cfg.homeDirectory + "/") config.xdg.configHome;

  manifest = {
    version = 2;
    inherit (primops) hmVersion;
    inherit (cfg) username homeDirectory stateVersion;
    inherit configHome;
    homeFiles = config.home-files;
    homePath = "${cfg.path}";
    files = config.hm.fileRecords;
    lines = config.hm.lineRecords;
    inherit (cfg) trustedParents;
    units = config.hm.unitRecords;
    lints = config.hm.lintRecord;
    aliases = config.hm.unitAliases;
    packages = map (package: {
      name = package.name or (baseNameOf "${package}");
      path = "${package}";
    }) cfg.packages;
    systemd = {
      startServices = if config.systemd.user.startServices then "sd-switch" else "suggest";
      inherit (config.systemd.user) servicesStartTimeoutMs;
    };
    sessionVariables = lib.mapAttrs (
      _: value: if builtins.isBool value then lib.boolToString value else toString value
    ) (lib.filterAttrs (_: value: value != null) cfg.sessionVariables);
    activation = config.hm.activation.entries;
    inherit (config) warnings;
  };
in
{
  options.home = {
    activationPackage = mkOption {
      type = types.path;
      internal = true;
      description = "The generation.";
    };

    extraDependencies = mkOption {
      type = types.listOf types.path;
      default = [ ];
      description = "Store paths that live as long as the generation.";
    };

    extraBuilderCommands = mkOption {
      type = types.lines;
      default = "";
      internal = true;
      description = "Commands of the generation's builder; there is none.";
    };
  };

  config = {
    assertions = [
      {
        assertion = cfg.extraBuilderCommands == "";
        message = "home.extraBuilderCommands needs a builder, and hm writes a generation without one.";
      }
    ];

    home.activationPackage = primops.storeObject {
      name = "home-manager-generation";
      tree = {
        type = "directory";
        entries = {
          activate = {
            type = "regular";
            contents = config.hm.activation.script;
            executable = true;
          };
          bin = {
            type = "directory";
            entries.home-manager-generation = link "../activate";
          };
          hm-version = text "${primops.hmVersion}\n";
          gen-version = text "1\n";
          home-files = link config.home-files;
          home-path = link cfg.path;
          extra-dependencies = text (lib.concatMapStrings (path: "${path}\n") cfg.extraDependencies);
          "manifest.json" = text (builtins.toJSON manifest);
        };
      };
    };
  };
}
