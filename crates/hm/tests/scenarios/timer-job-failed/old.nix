with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "old" { Service.ExecStart = "/bin/false"; };
  systemd.user.timers.a = timer "2100-01-01" { };
}
