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

  # fish cannot read the script, so a shell that can does. Its completions and functions are found by XDG_DATA_DIRS,
  # which fish has looked at before it reads this file.
  fish = ''
    # Variables and packages of the current generation of hm, for login shells.
    if status is-login
        and test -r "${session.script}"
        and begin
            test "$__HM_SESS_VARS_SOURCED" != ${session.key}
            or not contains -- "${session.profile}/bin" $PATH
        end
        for __hm_entry in (/bin/sh -c '. "$1"; exec env -0' sh "${session.script}" | string split0)
            set -l name (string replace -r '(?s)=.*' ''' -- $__hm_entry)
            set -l value (string replace -r '(?s)^[^=]*=' ''' -- $__hm_entry | string collect)
            if not contains -- $name _ SHLVL PWD OLDPWD
                and test "$$name" != "$value"
                set -gx $name $value
            end
        end
        set -e __hm_entry
        set -l vendor "${session.profile}/share/fish"
        for names in "fish_complete_path completions" "fish_function_path functions"
            set -l name (string split ' ' -- $names)
            set -l path $name[1]
            set -l directory $vendor/vendor_$name[2].d
            if test -d $directory
                and not contains -- $directory $$path
                # After the user's own, which comes first.
                set -l first $$path[1][1]
                set -l others $$path
                set -e others[1]
                set $path $first $directory $others
            end
        end
        if not contains -- $vendor/vendor_conf.d $__fish_vendor_confdirs
            for file in $vendor/vendor_conf.d/*.fish
                source $file
            end
        end
    end
  '';

  fishPath = "${configHome}/fish/conf.d/hm-session-vars.fish";

  # What is known of the text of a file that the configuration manages as a whole, or null.
  textOf =
    path:
    let
      file = lib.findFirst (file: file.enable && file.target == path) null (
        builtins.attrValues config.home.file
      );
    in
    if !(cfg.fileRecords ? ${path}) || file == null then
      null
    else if file.text != null then
      file.text
    else if builtins.pathExists file.source && !(builtins.pathExists "${toString file.source}/.") then
      builtins.readFile file.source
    else
      null;

  # A file of the configuration gets no lines, and its author may not know that it needs them.
  keepsThemOut =
    path:
    let
      text = textOf path;
      readsOther = path != ".profile" && lib.hasInfix "/.profile" text;
      zshenv = textOf ".zshenv";
      isReadBefore = path == ".zprofile" && zshenv != null && lib.hasInfix "hm-session-vars" zshenv;
    in
    text != null && !(lib.hasInfix "hm-session-vars" text || readsOther || isReadBefore);
in
{
  config = {
    hm.ownLines = lib.mkIf session.isNeeded (
      builtins.mapAttrs (_: create: {
        inherit create;
        text = source;
      }) loginLines
      // lib.optionalAttrs session.hasPackages {
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
          contents = fish;
          executable = false;
        };
      }
    ];

    warnings = lib.mkIf session.isNeeded (
      map (
        path:
        "~/${path} is a file of this configuration and does not read the session's variables, so packages and variables do "
        + "not reach the shells that read it. Put into it:\n${source}"
      ) (builtins.filter keepsThemOut (builtins.attrNames loginLines))
    );
  };
}
