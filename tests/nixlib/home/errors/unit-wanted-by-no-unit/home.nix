{
  systemd.user.services.sync = {
    Service.ExecStart = "/bin/true";
    Install.WantedBy = "default";
  };
}
