with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "same" { };
  systemd.user.services.b = service "new" { };
}
