# How the session's variables reach login shells: a few lines in the files that each shell reads.
#
# The lines name the script of the generation in use by way of the profile, so they are the same for every generation
# and a switch leaves the user's files alone. They ask whether the script is there: a home may be carried to another
# machine, and a profile may be removed.
{
  config,
  lib,
  primops,
  ...
}:

let
  cfg = config.hm;
  inherit (cfg) session;
  inherit (config.home) homeDirectory;

  configHome = lib.removePrefix (homeDirectory + "/") config.xdg.configHome;

  source = ''
    if [ -r "${session.script}" ]; then
      . "${session.script}"
    fi
  '';

  isInstalled =
    shell:
    primops.findProgram {
      name = shell;
      dirs = cfg.hostSearchPath;
    } != null
    || lib.any (package: lib.getName package == shell) config.home.packages;

  hasZsh = isInstalled "zsh";

  # bash reads the first of .bash_profile, .bash_login and .profile that is there, other shells only .profile: where
  # the user has none of the former, making one would keep bash from reading .profile.
  loginLines = {
    ".profile" = true;
    ".bash_profile" = false;
    ".bash_login" = false;
    ".zprofile" = hasZsh;
  };

  # zsh does not export where it looks for functions, so every zsh has to be told.
  functionLines = ''
    fpath=("${session.profile}/share/zsh/"{site-functions,vendor-completions}(N-/) $fpath)
  '';

  fishPath = "${configHome}/fish/conf.d/hm-session-vars.fish";
in
{
  config = {
    hm.ownLines = lib.mkIf session.isNeeded (
      builtins.mapAttrs (_: create: {
        inherit create;
        text = source;
      }) loginLines
      // lib.optionalAttrs (session.hasPackages && (session.shared == null || session.shared ? zsh)) {
        ".zshenv" = {
          create = hasZsh;
          text = functionLines;
        };
      }
    );

    hm.homeEntries = lib.mkIf (session.isNeeded && cfg.isFree fishPath) [
      {
        parts = lib.splitString "/" fishPath;
        label = "the session's variables for fish";
        tree = {
          type = "regular";
          contents = import ./fish.nix { inherit session; };
          executable = false;
        };
      }
    ];

    warnings = lib.mkIf session.isNeeded (
      import ./kept-out.nix {
        inherit
          config
          configHome
          fishPath
          isInstalled
          lib
          loginLines
          source
          ;
      }
    );
  };
}
