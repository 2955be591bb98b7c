with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Unit.X-SwitchMethod = "restart"; Service.ExecReload = note "reload %n old"; };
}
