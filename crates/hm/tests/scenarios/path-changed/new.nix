with import ../prelude.nix;
{
  systemd.user.services.a = idle "same" { };
  systemd.user.paths.a = { Path.PathExists = "%h/new"; Install.WantedBy = [ "paths.target" ]; };
}
