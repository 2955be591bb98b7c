with import ../prelude.nix;
{
  systemd.user.services."t@" = idle "same" { };
  systemd.user.services."t@two" = join wanted { Service.Nice = 3; };
}
