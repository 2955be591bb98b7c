with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Install = { WantedBy = [ "default.target" ]; Alias = "b.service"; }; };
}
