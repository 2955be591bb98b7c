with import ../prelude.nix;
{
  systemd.user.services."t@" = idle "new" { Install = { WantedBy = [ "default.target" ]; DefaultInstance = "one"; }; };
}
