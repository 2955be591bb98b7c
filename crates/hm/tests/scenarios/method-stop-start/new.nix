with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Unit.X-SwitchMethod = "stop-start"; Service.ExecReload = note "reload %n new"; };
}
