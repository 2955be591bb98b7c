with import ../prelude.nix;
{
  systemd.user.services.c = service "old" { };
  systemd.user.services.b = service "old" { Unit.After = "c.service"; };
  systemd.user.services.a = service "old" { Unit.After = "b.service"; };
}
