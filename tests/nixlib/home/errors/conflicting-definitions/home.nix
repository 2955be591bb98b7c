{
  imports = [ { home.stateVersion = "24.05"; } ];
  home.stateVersion = "24.11";
}
