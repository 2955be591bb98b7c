with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Service.ExecStart = "/bin/sh -c 'exit 1'"; };
  systemd.user.services.b = service "new" { };
}
