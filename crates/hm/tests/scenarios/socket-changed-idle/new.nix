with import ../prelude.nix;
{
  systemd.user.services.a = idle "same" { };
  systemd.user.sockets.a = { Socket.ListenStream = "%t/a-new"; Install.WantedBy = [ "sockets.target" ]; };
}
