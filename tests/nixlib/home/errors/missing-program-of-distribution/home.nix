{ pkgs, ... }:
{
  home.packages = [ pkgs.inotify-tools ];
  hm.hostSearchPath = [ "/nonexistent/bin" ];
}
