with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { };
  systemd.user.services.b = idle "new" { Install.RequiredBy = [ "default.target" ]; };
}
