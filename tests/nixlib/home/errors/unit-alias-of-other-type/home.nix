{
  systemd.user.services.sync = {
    Service.ExecStart = "/bin/true";
    aliases = [ "sync.timer" ];
  };
}
