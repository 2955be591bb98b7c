{ config, lib, pkgs, ... }:
let
  inherit (lib) mkEnableOption mkIf mkOption types;
  cfg = config.my.notifier;
  # One unit for every unit that fails.
  watched = lib.filter (name: lib.hasPrefix "backup-" name) (lib.attrNames config.my.backups.repositories);
in
{
  options.my.notifier = {
    enable = mkEnableOption "messages about failed units";
    urgency = mkOption {
      type = types.enum [ "low" "normal" "critical" ];
      default = "normal";
    };
    units = mkOption {
      type = types.listOf types.str;
      default = [ ];
    };
  };

  config = mkIf cfg.enable {
    systemd.user.services."notify-failure@" = {
      Unit.Description = "Tell that %i failed";
      Service = {
        Type = "oneshot";
        ExecStart = "${pkgs.libnotify}/bin/notify-send --urgency=${cfg.urgency} '%i failed'";
      };
    };
    home.file.".config/notifier/units".text = lib.concatMapStrings (unit: unit + "\n") (cfg.units ++ watched);
  };
}
