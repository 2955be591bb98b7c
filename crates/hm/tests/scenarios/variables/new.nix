with import ../prelude.nix;
{
  systemd.user.sessionVariables.WORD = "new";
  systemd.user.services.a = service "same" { };
  systemd.user.services.b = service "new" { Service.ExecStartPre = "/bin/sh -c 'echo start %n \$$WORD >> %h/log'"; };
}
