with import ../prelude.nix;
{
  systemd.user.services."t@" = idle "new" { Unit.X-SwitchMethod = "keep-old"; };
}
