{
  xdg.configFile."app/rc".source = ./absent;
}
