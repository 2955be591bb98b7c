with import ../prelude.nix;
{
  systemd.user.services.a.enable = false;
}
