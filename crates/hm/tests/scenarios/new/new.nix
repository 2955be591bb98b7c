with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { };
}
