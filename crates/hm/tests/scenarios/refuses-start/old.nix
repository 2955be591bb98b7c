with import ../prelude.nix;
{
  systemd.user.services.a = idle "old" { Unit.RefuseManualStart = true; };
  systemd.user.services.b = service "same" { Unit.Wants = "a.service"; };
}
