with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Unit = { RefuseManualStop = true; X-SwitchMethod = "restart"; }; };
  systemd.user.services.b = service "new" { };
}
