{ pkgs, ... }:
{
  home.packages = [ pkgs.coreutil ];
}
