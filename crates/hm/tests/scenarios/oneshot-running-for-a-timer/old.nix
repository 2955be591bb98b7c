with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "old" { Service.ExecStart = [ (note "run %n old") "/bin/sleep infinity" ]; };
  systemd.user.timers.a = timer "2100-01-01" { };
}
