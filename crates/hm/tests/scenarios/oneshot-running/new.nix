with import ../prelude.nix;
{
  systemd.user.services.a = endless "same" { };
  systemd.user.services.b = service "new" { };
}
