# What this machine does differently.
{ lib, ... }:
{
  my.notifier.urgency = "critical";
  my.notifier.units = lib.mkAfter [ "last" ];
  my.backups.nice = lib.mkForce 19;

  # On battery often: not at once after waking up.
  systemd.user.timers.backup-documents.Timer.RandomizedDelaySec = "30m";
  systemd.user.services.backup-documents = {
    Unit.OnFailure = [ "notify-failure@%n.service" ];
    Service.Environment = [ "GOMAXPROCS=1" ];
  };

  imports = [ { my.notifier.units = lib.mkBefore [ "first" ]; } ];
}
