with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Service.ExecStart = "/bin/sh -c 'exit 1'"; };
}
