# Who the configuration is for: the user, the home directory, the packages.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.home;
in
{
  options.home = {
    username = mkOption {
      type = types.nonEmptyStr;
      example = "jane";
      description = "The user's name; by default the name of whoever runs hm.";
    };

    uid = mkOption {
      type = types.nullOr types.ints.unsigned;
      default = null;
      description = "The user's numeric id, if it shall be checked before activation.";
    };

    homeDirectory = mkOption {
      type = types.path;
      apply = toString;
      example = "/home/jane";
      description = "The user's home directory; by default that of whoever runs hm.";
    };

    stateVersion = mkOption {
      type = types.strMatching "[0-9][0-9]\\.[0-9][0-9]";
      default = "25.11";
      example = "24.05";
      description = ''
        The release whose defaults the configuration was written for. Set it once and keep it.
        Modules of nixlib have no defaults that depend on it yet; it is recorded in the manifest.
      '';
    };

    packages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      description = ''
        Packages that appear in the user's environment: their programs on the `PATH` of new logins and of services,
        and what they have in `share` where desktops, manuals, shells and fontconfig look for it.
      '';
    };

    extraOutputsToInstall = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "doc" ];
      description = "Further outputs of `home.packages` to take into the environment.";
    };

    path = mkOption {
      type = types.package;
      internal = true;
      description = "The environment made of `home.packages`.";
    };

    profileDirectory = mkOption {
      type = types.path;
      readOnly = true;
      default = "${config.xdg.stateHome}/nix/profiles/hm/home-path";
      defaultText = lib.literalExpression ''"''${config.xdg.stateHome}/nix/profiles/hm/home-path"'';
      description = "Where the environment of the generation in use is found.";
    };

    preferXdgDirectories = mkOption {
      type = types.bool;
      default = false;
      description = "Whether programs shall use XDG directories where they can.";
    };

    enableNixpkgsReleaseCheck = mkOption {
      type = types.bool;
      default = true;
      description = "Accepted for home-manager's sake; nixlib has no release to compare with.";
    };

    shellAliases = mkOption {
      type = types.attrsOf types.str;
      default = { };
      description = "Aliases for every shell that a module configures.";
    };

    extraProfileCommands = mkOption {
      type = types.lines;
      default = "";
      internal = true;
      description = "Commands of the environment's builder; there is none for host packages.";
    };
  };

  config = {
    home.path = pkgs.buildEnv (
      {
        name = "home-manager-path";
        paths = cfg.packages;
        inherit (cfg) extraOutputsToInstall;
      }
      // lib.optionalAttrs (cfg.extraProfileCommands != "") { postBuild = cfg.extraProfileCommands; }
    );
  };
}
