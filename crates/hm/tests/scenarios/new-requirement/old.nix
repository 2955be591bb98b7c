with import ../prelude.nix;
{
  systemd.user.services.b = service "same" { };
}
