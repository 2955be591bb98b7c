with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "new" { Service.ExecStart = [ (note "run %n new") "/bin/sleep infinity" ]; };
  systemd.user.timers.a = timer "2100-01-01" { };
}
