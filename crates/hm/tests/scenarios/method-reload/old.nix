with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Unit.X-SwitchMethod = "reload"; Service.ExecReload = note "reload %n old"; };
}
