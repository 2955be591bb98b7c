with import ../prelude.nix;
{
  systemd.user.services.updater = inside "old" { };
  systemd.user.services.a = service "old" { };
}
