{
  systemd.user.mounts.data = {
    what = "tmpfs";
    where = "/home/me/my-data";
  };
}
