with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { };
  systemd.user.services.b = service "same" { Unit = { BindsTo = "a.service"; After = "a.service"; }; };
  systemd.user.services.c = service "same" { Unit = { BindsTo = "b.service"; After = "b.service"; }; };
}
