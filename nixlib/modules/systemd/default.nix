# `systemd.user`: units, the variables of the user manager, and how a switch treats units.
{
  config,
  options,
  lib,
  pkgs,
  primops,
  positions,
  ...
}:

let
  inherit (builtins) mapAttrs;
  inherit (lib) mkOption types;

  cfg = config.systemd.user;
  unitTypes = import ./types.nix { inherit lib; };
  iniFormat = pkgs.formats.ini { listsAsDuplicateKeys = true; };

  # Option below systemd.user -> suffix of its units.
  kinds = {
    automounts = "automount";
    mounts = "mount";
    paths = "path";
    services = "service";
    slices = "slice";
    sockets = "socket";
    targets = "target";
    timers = "timer";
  };

  units = import ./units.nix {
    inherit
      config
      options
      lib
      pkgs
      primops
      positions
      kinds
      ;
  };

  environmentOption =
    description:
    mkOption {
      type = types.attrsOf (types.nullOr (types.oneOf [ types.str types.path types.package ]));
      default = { };
      apply =
        variables:
        lib.concatStringsSep " " (
          lib.mapAttrsToList (name: value: "${name}=${lib.escapeShellArg (toString value)}") variables
        );
      inherit description;
    };

  # Whether somebody gives settings: without them, their type and format need not be looked at.
  hasSettings = options.systemd.user.settings.highestPrio < 1500;

  # An empty value would reset what the system's own configuration set.
  managerSettings =
    let
      manager = lib.filterAttrs (
        key: value:
        !(builtins.elem key [ "DefaultEnvironment" "ManagerEnvironment" ] && value == "")
      ) cfg.settings.Manager;
    in
    lib.filterAttrs (_: section: section != { }) (cfg.settings // { Manager = manager; });
in
{
  options.systemd.user =
    mapAttrs (
      option: suffix:
      mkOption {
        type = if option == "services" then unitTypes.services else unitTypes.other suffix;
        default = { };
        description = ''
          User units of type ${suffix}: sections and keys as in {manpage}`systemd.${suffix}(5)`, NixOS's attributes, or both.
        '';
      }
    ) kinds
    // {
      enable = mkOption {
        type = types.bool;
        default = pkgs.stdenv.hostPlatform.isLinux;
        defaultText = lib.literalExpression "pkgs.stdenv.hostPlatform.isLinux";
        description = "Whether units are managed.";
      };

      systemctlPath = mkOption {
        type = types.str;
        default = "${pkgs.systemd}/bin/systemctl";
        defaultText = lib.literalExpression ''"''${pkgs.systemd}/bin/systemctl"'';
        description = "Absolute path of {command}`systemctl`, for configurations that call it; hm does not.";
      };

      packages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = ''
          Packages whose units, below `share/systemd/user` or `lib/systemd/user`, are linked into the folder of units.
        '';
      };

      overrides = mkOption {
        type = unitTypes.any;
        default = { };
        example = {
          "pipewire.service".Service.Nice = -5;
        };
        description = ''
          Drop-ins by the full name of the unit, which may come from anywhere: the machine, a package, this configuration.
          `Install` makes links to it, and `enable = false` masks it.
        '';
      };

      startServices = mkOption {
        type = types.either types.bool (types.enum [ "suggest" "sd-switch" ]);
        default = true;
        apply = value: if builtins.isBool value then value else value == "sd-switch";
        description = "Whether a switch starts, stops and restarts units; otherwise it only says what it would do.";
      };

      servicesStartTimeoutMs = mkOption {
        type = types.ints.unsigned;
        default = 0;
        description = "How long a switch waits for units to start, in milliseconds; 0 for hm's own limit.";
      };

      sessionVariables = mkOption {
        type = types.attrsOf (types.either types.int types.str);
        default = { };
        example = {
          EDITOR = "vim";
        };
        description = "Environment variables of the user manager, as in {manpage}`environment.d(5)`.";
      };

      settings = mkOption {
        type = types.submodule {
          freeformType = iniFormat.type;
          options.Manager = {
            DefaultEnvironment = environmentOption "Environment variables of every unit.";
            ManagerEnvironment = environmentOption "Environment variables of the manager itself.";
          };
        };
        default = { };
        description = "Settings of the user manager, as in {manpage}`systemd-user.conf(5)`.";
      };
    };

  options.hm.unitRecords = mkOption {
    type = types.raw;
    internal = true;
    default = { };
    description = "The manifest's `units`.";
  };

  options.hm.unitAliases = mkOption {
    type = types.raw;
    internal = true;
    default = { };
    description = "The manifest's `aliases`.";
  };

  config = lib.mkIf cfg.enable {
    hm.homeEntries = units.entries;
    hm.unitRecords = units.records;
    hm.unitAliases = units.aliases;

    # As in NixOS; a timer of that name may say more.
    systemd.user.timers =
      let
        starting = lib.filterAttrs (_: service: service.startAt or [ ] != [ ]) cfg.services;
      in
      lib.mkIf (starting != { }) (
        mapAttrs (_: service: {
          wantedBy = [ "timers.target" ];
          timerConfig.OnCalendar = service.startAt;
        }) starting
      );

    xdg.configFile = lib.mkMerge [
      (lib.mkIf (cfg.sessionVariables != { }) {
        "environment.d/10-home-manager.conf".text = lib.concatStrings (
          lib.mapAttrsToList (name: value: "${name}=${toString value}\n") cfg.sessionVariables
        );
      })
      (lib.mkIf (hasSettings && managerSettings != { }) {
        "systemd/user.conf".source = iniFormat.generate "user.conf" managerSettings;
      })
    ];
  };
}
