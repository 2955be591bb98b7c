with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "old" { Service.RemainAfterExit = true; };
  systemd.user.services.b = service "same" { Unit = { Requires = "a.service"; After = "a.service"; }; };
}
