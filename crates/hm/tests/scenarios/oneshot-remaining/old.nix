with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "old" { Service = { RemainAfterExit = true; ExecStop = note "stop %n old"; }; };
}
