with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "old" { };
  systemd.user.timers.a = timer "2100-01-01" { };
}
