{
  systemd.user.services."worker@" = {
    Service.ExecStart = "/bin/true";
    Install.WantedBy = [ "default.target" ];
  };
}
