with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Service.ExecStop = [ (note "stop %n old") "/bin/false" ]; };
}
