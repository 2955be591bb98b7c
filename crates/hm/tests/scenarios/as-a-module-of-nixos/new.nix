with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { };
  systemd.user.timers.b = timer "2100-01-01" { };
  systemd.user.services.b = idleOneshot "same" { };
}
