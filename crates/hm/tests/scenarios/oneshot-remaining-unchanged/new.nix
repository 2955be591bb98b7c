with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "same" { Service.RemainAfterExit = true; };
  systemd.user.services.b = service "new" { };
}
