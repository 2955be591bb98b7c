with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Unit.After = "b.service"; };
  systemd.user.services.b = service "same" { };
}
