with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Service.ExecStart = "/bin/no-such-command"; };
}
