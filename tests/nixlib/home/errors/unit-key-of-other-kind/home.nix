{
  systemd.user.timers.sync.serviceConfig.Nice = [ { } ];
}
