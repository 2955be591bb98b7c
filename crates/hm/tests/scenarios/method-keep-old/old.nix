with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Unit.X-SwitchMethod = "keep-old"; Service.ExecReload = note "reload %n old"; };
}
