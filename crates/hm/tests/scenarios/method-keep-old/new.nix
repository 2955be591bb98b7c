with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Unit.X-SwitchMethod = "keep-old"; Service.ExecReload = note "reload %n new"; };
}
