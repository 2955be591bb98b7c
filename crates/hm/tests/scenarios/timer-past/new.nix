with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "same" { Service.RemainAfterExit = true; };
  systemd.user.timers.a = timer "2100-01-01" { Timer = { OnStartupSec = 0; AccuracySec = "1ms"; }; };
}
