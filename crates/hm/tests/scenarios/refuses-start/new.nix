with import ../prelude.nix;
{
  systemd.user.services.a = idle "new" { Unit.RefuseManualStart = true; };
  systemd.user.services.b = service "same" { Unit.Wants = "a.service"; };
}
