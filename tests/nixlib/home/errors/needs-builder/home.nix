{ pkgs, ... }:
{
  home.packages = [ (pkgs.runCommand "made" { } "touch $out") ];
}
