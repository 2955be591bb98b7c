with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "new" { Service.ExecStart = [ (note "run %n new") "/bin/false" ]; };
}
