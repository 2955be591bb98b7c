with import ../prelude.nix;
{
  systemd.user.overrides."foreign.service".Service.Nice = 1;
}
