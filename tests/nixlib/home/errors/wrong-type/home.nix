{
  systemd.user.services.sync.Service = {
    ExecStart = "/bin/true";
    Nice = { level = 3; };
  };
}
