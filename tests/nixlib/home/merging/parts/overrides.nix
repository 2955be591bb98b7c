{ lib, config, ... }:
{
  systemd.user.services.sync = {
    Unit.Description = "Synchronise files with the server";
    Unit.After = lib.mkAfter [ "work.target" ];
    Service = {
      Environment = lib.mkBefore [ "STATE=${config.xdg.stateHome}/sync" ];
      Restart = lib.mkForce "always";
      PrivateTmp = lib.mkOverride 40 false;
      # Nothing of it is left: a null key is not written.
      RestartSec = lib.mkForce [ ];
    };
    Install.WantedBy = lib.mkForce [ "work.target" "graphical-session.target" ];
  };
  # Keeps the unit but does not start it any more.
  systemd.user.services.obsolete.Install = lib.mkForce { };
}
