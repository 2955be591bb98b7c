with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Unit.Wants = "b.service"; };
  systemd.user.services.b = idle "same" { };
}
