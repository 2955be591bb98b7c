with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Unit.X-SwitchMethod = "restart"; Service.ExecReload = note "reload %n new"; };
}
