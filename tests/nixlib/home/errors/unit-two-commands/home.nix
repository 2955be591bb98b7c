{
  systemd.user.services.sync = {
    script = "true";
    Service.ExecStart = "/bin/true";
  };
}
