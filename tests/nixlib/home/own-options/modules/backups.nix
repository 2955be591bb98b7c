{ config, lib, pkgs, ... }:

with lib;

let
  cfg = config.my.backups;
  home = config.home.homeDirectory;
  active = filterAttrs (_: repository: repository.enable) cfg.repositories;

  repository = types.submodule ({ name, config, ... }: {
    options = {
      enable = mkEnableOption "this repository" // { default = true; };
      location = mkOption {
        type = types.str;
        default = "${home}/.local/share/restic/${name}";
      };
      paths = mkOption {
        type = types.listOf types.str;
        description = "Directories below the home directory.";
      };
      schedule = mkOption {
        type = types.str;
        default = "daily";
      };
      keep = mkOption {
        type = types.attrsOf types.ints.positive;
        default = { };
      };
      arguments = mkOption {
        type = types.listOf types.str;
        internal = true;
      };
    };
    config.arguments = mapAttrsToList (period: count: "--keep-${period} ${toString count}") ({ weekly = 4; } // config.keep);
  });
in
{
  options.my.backups = {
    enable = mkEnableOption "backups";
    nice = mkOption {
      type = types.ints.between (-20) 19;
      default = 10;
    };
    repositories = mkOption {
      type = types.attrsOf repository;
      default = { };
    };
  };

  config = mkIf cfg.enable {
    systemd.user.services = mapAttrs' (name: repository: nameValuePair "backup-${name}" {
      Unit = {
        Description = "Back up ${name}";
        ConditionACPower = true;
      };
      Service = {
        Type = "oneshot";
        Nice = cfg.nice;
        Environment = [ "RESTIC_REPOSITORY=${repository.location}" ];
        ExecStart = "${pkgs.restic}/bin/restic backup ${concatMapStringsSep " " (path: "${home}/${path}") repository.paths}";
        ExecStartPost = map (argument: "${pkgs.restic}/bin/restic forget ${argument}") repository.arguments;
      };
    }) active;

    systemd.user.timers = mapAttrs' (name: repository: nameValuePair "backup-${name}" {
      Unit.Description = "Back up ${name} regularly";
      Timer = {
        OnCalendar = repository.schedule;
        Persistent = true;
      };
      Install.WantedBy = [ "timers.target" ];
    }) active;

    assertions = mapAttrsToList (name: repository: {
      assertion = repository.paths != [ ];
      message = "my.backups.repositories.${name}.paths is empty";
    }) active;
  };
}
