with import ../prelude.nix;
{
  systemd.user.services.a = idle "old" { };
  systemd.user.paths.a = { Path.PathExists = "%h/there"; Install.WantedBy = [ "paths.target" ]; };
}
