with import ../prelude.nix;
{
  systemd.user.services.a = idleOneshot "same" { };
}
