with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "new" { Unit.OnFailure = "b.service"; Service.ExecStart = [ (note "run %n new") "/bin/false" ]; };
  systemd.user.services.b = idle "new" { };
}
