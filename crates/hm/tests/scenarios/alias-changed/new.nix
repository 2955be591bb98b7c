with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Install = { WantedBy = [ "default.target" ]; Alias = "two.service"; }; };
}
