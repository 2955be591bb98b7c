with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Service.ExecStartPre = "/bin/false"; };
  systemd.user.services.b = service "new" { };
}
