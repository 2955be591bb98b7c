with import ../prelude.nix;
{
  systemd.user.services.a = { Service.ExecStart = "/bin/sleep infinity"; Install.UpheldBy = [ "default.target" ]; };
}
