{
  home.file."/etc/motd".text = "";
}
