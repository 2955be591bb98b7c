with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Service.ExecStart = "/bin/false"; };
  systemd.user.services.b = service "new" { };
}
