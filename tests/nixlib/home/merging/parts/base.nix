{ lib, ... }:
{
  systemd.user.services.sync = {
    Unit = {
      Description = lib.mkDefault "Synchronise files";
      After = [ "network.target" ];
    };
    Service = {
      ExecStart = "/usr/bin/sync-files --all";
      Restart = "on-failure";
      RestartSec = 5;
      Environment = [ "LEVEL=info" ];
      PrivateTmp = true;
    };
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.services.obsolete = {
    Service.ExecStart = "/bin/true";
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.targets.work.Unit.Description = "Everything for work";
}
