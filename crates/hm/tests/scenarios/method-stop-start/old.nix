with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Unit.X-SwitchMethod = "stop-start"; Service.ExecReload = note "reload %n old"; };
}
