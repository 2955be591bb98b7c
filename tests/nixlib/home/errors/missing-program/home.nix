{ pkgs, ... }:
{
  home.packages = [ pkgs.nix-index ];
  hm.hostSearchPath = [ "/nonexistent/bin" ];
}
