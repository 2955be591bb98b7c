with import ../prelude.nix;
{
  systemd.user.services.updater = inside "new" { };
  systemd.user.services.a = service "new" { };
}
