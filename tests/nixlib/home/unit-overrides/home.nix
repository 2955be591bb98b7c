# Drop-ins of units, whoever owns them.
{ pkgs, ... }:
{
  home.stateVersion = "24.05";

  systemd.user.services.own.Service.ExecStart = "/bin/true";

  systemd.user.overrides = {
    "own.service".Service.Nice = 5;
    "pipewire.service" = {
      after = [ "own.service" ];
      environment.DEBUG = "1";
      serviceConfig.ExecStartPre = [ "" "/bin/true" ];
    };
    "pipewire.socket".Socket.SocketMode = "0600";
    "daily.timer".timerConfig.OnCalendar = [ "" "weekly" ];
    "getty@.service".Service.Nice = 1;
    "getty@tty1.service" = { Service.Nice = 2; Install.WantedBy = [ "default.target" ]; };
    # Only links, only a mask, and a script with a PATH that is asked for.
    "idle.service".wantedBy = [ "default.target" ];
    "noisy.service".enable = false;
    "scripted.service" = { postStart = "echo started"; path = [ (pkgs.writeScriptBin "x" "#!/bin/sh\n") ]; enableDefaultPath = false; };
  };
}
