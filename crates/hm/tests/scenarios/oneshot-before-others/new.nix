with import ../prelude.nix;
{
  systemd.user.services.a = endless "new" { };
  systemd.user.services.b = service "new" { Unit.After = "a.service"; };
}
