with import ../prelude.nix;
{
  systemd.user.services.c = service "new" { };
  systemd.user.services.b = service "new" { Unit.After = "c.service"; };
  systemd.user.services.a = service "new" { Unit.After = "b.service"; };
}
