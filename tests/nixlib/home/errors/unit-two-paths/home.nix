{
  systemd.user.services.sync = {
    environment.PATH = "/bin";
    path = [ "/opt" ];
    script = "true";
  };
}
