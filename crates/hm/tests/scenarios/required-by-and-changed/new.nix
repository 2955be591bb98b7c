with import ../prelude.nix;
{
  systemd.user.services.a = idle "new" { Install.RequiredBy = [ "default.target" ]; };
}
