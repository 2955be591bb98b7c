with import ../prelude.nix;
{
  systemd.user.services.a = idle "old" { };
  systemd.user.sockets.a = { Socket.ListenStream = "%t/a-same"; Install.WantedBy = [ "sockets.target" ]; };
}
