with import ../prelude.nix;
{
  systemd.user.services."t@" = idle "old" { };
}
