with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "same" { };
  systemd.user.timers.a = timer "2100-01-01" { Timer = { OnCalendar = "*-02-02"; Persistent = true; }; };
}
