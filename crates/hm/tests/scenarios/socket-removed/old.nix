with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { };
  systemd.user.sockets.a = { Socket.ListenStream = "%t/a-old"; Install.WantedBy = [ "sockets.target" ]; };
}
