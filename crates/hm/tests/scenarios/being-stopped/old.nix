with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Service.ExecStop = "/bin/sh -c 'until [ -e %h/go ]; do sleep 0.05; done; echo stop %n old >> %h/log'"; };
}
