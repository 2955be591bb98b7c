{
  systemd.user.services.sync.Service.ExecStart = "/bin/true";
  xdg.configFile."systemd/user/sync.service".text = "[Service]\n";
}
