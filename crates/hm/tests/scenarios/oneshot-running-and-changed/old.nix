with import ../prelude.nix;
{
  systemd.user.services.a = endless "old" { };
}
