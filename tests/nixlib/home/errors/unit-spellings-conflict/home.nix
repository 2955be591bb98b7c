{
  systemd.user.services.sync = {
    Unit.Description = "One";
    Service.ExecStart = "/bin/true";
  };
  systemd.user.services.sync.description = "Two";
}
