with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Service.ExecStop = "/bin/sh -c 'sleep 1; echo stop %n old >> %h/log'"; };
}
