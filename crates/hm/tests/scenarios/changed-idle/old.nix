with import ../prelude.nix;
{
  systemd.user.services.a = idle "old" { };
}
