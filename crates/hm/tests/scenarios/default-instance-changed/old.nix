with import ../prelude.nix;
{
  systemd.user.services."t@" = idle "same" { Install = { WantedBy = [ "default.target" ]; DefaultInstance = "one"; }; };
}
