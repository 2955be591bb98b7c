with import ../prelude.nix;
{
  systemd.user.services."t@" = idle "old" { Install = { WantedBy = [ "default.target" ]; DefaultInstance = "one"; }; };
}
