with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "new" { Service.ExecStart = "/bin/false"; };
  systemd.user.services.b = service "new" { Unit = { Requires = "a.service"; After = "a.service"; }; };
}
