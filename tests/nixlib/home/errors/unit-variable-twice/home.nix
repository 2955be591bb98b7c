{
  systemd.user.services.sync = {
    environment.MODE = "a";
    Service.ExecStart = "/bin/true";
    Service.Environment = [ "OTHER=x" "MODE=b" ];
  };
}
