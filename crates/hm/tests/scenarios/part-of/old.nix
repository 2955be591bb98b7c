with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { };
  systemd.user.services.b = service "same" { Unit = { PartOf = "a.service"; After = "a.service"; }; };
}
