with import ../prelude.nix;
{
  systemd.user.services.b = service "same" { Unit = { BindsTo = "a.service"; After = "a.service"; }; };
}
