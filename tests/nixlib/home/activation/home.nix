# Activation entries with every kind of relation, and what a switch runs in which phase.
{ config, lib, pkgs, ... }:
let
  inherit (lib.hm.dag) entryAfter entryAnywhere entryBefore entryBetween;
in
{
  home.stateVersion = "24.05";

  home.activation = {
    check-disk = entryBefore [ "writeBoundary" ] ''
      test -w "$HOME"
    '';
    before-links = entryBetween [ "linkGeneration" ] [ "writeBoundary" ] ''
      run mkdir -p $VERBOSE_ARG "$HOME/made"
    '';
    make-directories = entryAfter [ "writeBoundary" ] ''
      run mkdir -p $VERBOSE_ARG "$HOME/Mail"
    '';
    plain = "echo plain";
    rebuild-cache = entryAfter [ "linkGeneration" "make-directories" ] "echo cache";
    after-units = entryAfter [ "reloadSystemd" ] "echo units";
    after-after-units = entryAfter [ "after-units" ] "echo units again";
    needed-first = entryBefore [ "check-disk" ] "echo first";
    nothing = entryAnywhere "";
  };
}
