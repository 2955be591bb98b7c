with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Unit.X-Reload-Triggers = [ "one" ]; };
}
