with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "new" { Service = { RemainAfterExit = true; ExecStart = [ (note "run %n new") "/bin/sleep 0.1" "/bin/false" ]; }; };
  systemd.user.services.b = service "same" { Unit = { Requires = "a.service"; After = "a.service"; }; };
}
