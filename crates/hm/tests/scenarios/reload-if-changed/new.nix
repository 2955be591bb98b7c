with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Unit.X-ReloadIfChanged = true; Service.ExecReload = note "reload %n new"; };
}
