# `fonts.fontconfig`: how programs find the fonts of packages.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.hm;

  configHome = lib.removePrefix (config.home.homeDirectory + "/") config.xdg.configHome;
  path = "${configHome}/fontconfig/conf.d/10-hm-fonts.conf";

  inherit (cfg.session) hasPackages shared;
  hasFonts = hasPackages && shared != null && shared ? fonts;
in
{
  options.fonts.fontconfig.enable = mkOption {
    type = types.bool;
    default = hasFonts;
    defaultText = lib.literalMD "whether a package of hm's own builders has `share/fonts`";
    description = "Whether fontconfig is told of the fonts in `home.packages`.";
  };

  config.hm.homeEntries = lib.mkIf (config.fonts.fontconfig.enable && cfg.isFree path) [
    {
      parts = lib.splitString "/" path;
      label = "fonts.fontconfig.enable";
      tree = {
        type = "regular";
        contents = ''
          <?xml version="1.0"?>
          <!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
          <fontconfig>
            <description>Fonts of home.packages</description>
            <dir>${lib.escapeXML "${config.home.path}"}/share/fonts</dir>
          </fontconfig>
        '';
        executable = false;
      };
    }
  ];
}
