with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "same" { };
  systemd.user.timers.a = timer "2100-02-02" { };
}
