with import ../prelude.nix;
{
  systemd.user.sessionVariables.WORD = "old";
  systemd.user.services.a = service "same" { };
}
