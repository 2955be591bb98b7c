with import ../prelude.nix;
{
  systemd.user.services.a = idle "same" { };
  systemd.user.paths.a = { Path.PathExists = "%h/old"; Install.WantedBy = [ "paths.target" ]; };
}
