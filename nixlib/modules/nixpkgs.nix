# `nixpkgs`: settings of the package set. Overlays apply to host packages too.
{ lib, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.nixpkgs = {
    config = mkOption {
      type = types.nullOr (types.attrsOf types.raw);
      default = null;
      description = "Settings of nixpkgs; with host packages only `pkgs.config` shows them.";
    };

    overlays = mkOption {
      type = types.nullOr (types.listOf lib.hm.types.overlayFunction);
      default = null;
      example = lib.literalExpression "[ (final: previous: { editor = final.vim; }) ]";
      description = "Functions from the final and the previous package set to changes.";
    };
  };
}
