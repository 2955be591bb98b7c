with import ../prelude.nix;
{
  systemd.user.services.a = idle "same" { Install.WantedBy = [ "default.target" ]; };
}
