with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Unit.X-RestartIfChanged = false; };
}
