with import ../prelude.nix;
{
  systemd.user.services.a = oneshot "new" { Service = { RemainAfterExit = true; ExecStop = note "stop %n new"; }; };
}
