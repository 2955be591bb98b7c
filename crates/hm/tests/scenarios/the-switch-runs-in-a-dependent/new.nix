with import ../prelude.nix;
{
  systemd.user.services.updater = inside "same" { Unit = { Requires = "a.service"; After = "a.service"; }; };
  systemd.user.services.a = service "new" { };
  systemd.user.services.b = service "new" { };
}
