with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { };
  systemd.user.services.b = idle "new" { Unit = { Conflicts = "a.service"; After = "a.service"; }; Install.WantedBy = [ "default.target" ]; };
  systemd.user.services.c = service "same" { Unit = { Requires = "a.service"; After = "a.service"; }; };
}
