{ pkgs, ... }:
{
  home.file.a.source = pkgs.replaceVars ./template { known = "x"; unknown = "y"; };
}
