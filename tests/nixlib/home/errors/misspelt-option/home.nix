{
  systemd.user = {
    service.sync.Service.ExecStart = "/bin/true";
  };
}
