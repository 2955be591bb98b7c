with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { };
  systemd.user.services.b = service "old" { Unit.RefuseManualStop = true; };
}
