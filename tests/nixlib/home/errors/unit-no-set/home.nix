{
  systemd.user.services.sync.Service = {
    ExecStart = "/bin/true";
  };
  systemd.user.timers.sync.Timer = "daily";
}
