with import ../prelude.nix;
{
  systemd.user.services.a = idle "new" { };
  systemd.user.sockets.a = { Socket.ListenStream = "%t/a-same"; Install.WantedBy = [ "sockets.target" ]; };
}
