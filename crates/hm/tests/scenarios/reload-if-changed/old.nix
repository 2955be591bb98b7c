with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Unit.X-ReloadIfChanged = true; Service.ExecReload = note "reload %n old"; };
}
