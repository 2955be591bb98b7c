{ lib, ... }:
{
  systemd.user.services.sync = lib.mkIf true {
    Service.Restart = { };
  };
}
