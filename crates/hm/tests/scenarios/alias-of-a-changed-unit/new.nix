with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Install = { WantedBy = [ "default.target" ]; Alias = "b.service"; }; };
}
