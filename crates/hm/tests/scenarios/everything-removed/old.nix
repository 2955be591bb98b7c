with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { };
  systemd.user.services.b = service "old" { };
  systemd.user.timers.c = timer "2100-01-01" { };
  systemd.user.services.c = idleOneshot "old" { };
}
