with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { };
  systemd.user.services.c = service "same" { Unit = { Requires = "a.service"; After = "a.service"; }; };
}
