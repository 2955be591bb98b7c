with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Unit.X-SwitchMethod = "reload"; };
}
