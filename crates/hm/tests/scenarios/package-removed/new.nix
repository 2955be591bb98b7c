{ pkgs, ... }:
with import ../prelude.nix;
{

}
