{ port }:
{ lib, ... }:
{
  systemd.user.services.sync.Service.Environment = lib.mkAfter [ "PORT=${toString port}" ];
  systemd.user.sockets.sync = lib.mkIf (port > 1024) {
    Unit.Description = "Where sync listens";
    Socket.ListenStream = [ port "%t/sync.sock" ];
    Install.WantedBy = [ "sockets.target" ];
  };
}
