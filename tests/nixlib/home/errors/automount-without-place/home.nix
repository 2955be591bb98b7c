{
  systemd.user.automounts.data.Automount.TimeoutIdleSec = 60;
}
