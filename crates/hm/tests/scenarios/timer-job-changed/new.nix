with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "new" { };
  systemd.user.timers.a = timer "2100-01-01" { };
}
