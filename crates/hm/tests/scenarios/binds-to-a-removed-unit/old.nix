with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { };
  systemd.user.services.b = service "same" { Unit = { BindsTo = "a.service"; After = "a.service"; }; };
}
