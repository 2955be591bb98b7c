with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "old" { };
}
