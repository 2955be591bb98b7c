# Session variables: `hm-session-vars.sh`, which a login shell sources.
#
# What a login sets once and what it puts in front of lists are kept apart. Variables are guarded by a key made of
# their text: a login inside a session does not set them again, unless the session began with other values,
# that is before a switch. Lists are looked at by every login, since /etc/profile sets PATH anew in each; a
# directory that is in the list already is left where it is.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (lib.hm.shell) exportAll;
  cfg = config.home;

  # The locale variable that each language option sets.
  languageVariables = {
    base = "LANG";
    address = "LC_ADDRESS";
    collate = "LC_COLLATE";
    ctype = "LC_CTYPE";
    measurement = "LC_MEASUREMENT";
    messages = "LC_MESSAGES";
    monetary = "LC_MONETARY";
    name = "LC_NAME";
    numeric = "LC_NUMERIC";
    paper = "LC_PAPER";
    telephone = "LC_TELEPHONE";
    time = "LC_TIME";
  };

  variables = lib.filterAttrs (_: value: value != null) cfg.sessionVariables;

  # What stands in a list variable that is not set, where that is not nothing. An empty place in the search path of
  # manuals stands for the system's own.
  usual = {
    INFOPATH = "";
    MANPATH = "";
    XDG_CONFIG_DIRS = "/etc/xdg";
    XDG_DATA_DIRS = "/usr/local/share:/usr/share";
  };

  # A directory in double quotes, in the shell and in environment.d(5): below the home directory it is spelled by
  # way of $HOME, so that the text does not depend on the user.
  quotable =
    path:
    let
      below = "${cfg.homeDirectory}/";
      escape = builtins.replaceStrings [ "\\" "\"" "$" "`" ] [ "\\\\" "\\\"" "\\$" "\\`" ];
    in
    if lib.hasPrefix below path then "$HOME/${escape (lib.removePrefix below path)}" else escape path;

  profile = quotable cfg.profileDirectory;

  # Our own package is always among them.
  hasPackages = builtins.length cfg.packages > 1;

  # What the packages have in `share`, or null: what a builder makes is known only when it has run.
  shared =
    if cfg.path ? hmListing then (cfg.path.hmListing.entries.share or { }).entries or { } else null;

  session = {
    inherit
      hasPackages
      profile
      quotable
      shared
      usual
      variables
      ;
    isNeeded =
      hasPackages || variables != { } || cfg.sessionSearchVariables != { } || cfg.sessionVariablesExtra != "";
    script = "${profile}/etc/profile.d/hm-session-vars.sh";
    # The same for everyone who has the same variables.
    key = builtins.substring 0 16 (
      builtins.hashString "sha256" (builtins.replaceStrings [ cfg.homeDirectory ] [ "~" ] body)
    );
    # List variables, each with the directories to put in front.
    lists =
      cfg.sessionSearchVariables
      // lib.optionalAttrs hasPackages {
        PATH = cfg.sessionSearchVariables.PATH or [ ] ++ [ "${profile}/bin" ];
        XDG_DATA_DIRS = cfg.sessionSearchVariables.XDG_DATA_DIRS or [ ] ++ [ "${profile}/share" ];
      };
  };

  lines = text: lib.optionalString (text != "") (lib.removeSuffix "\n" text + "\n");

  body = lines (exportAll variables) + lines cfg.sessionVariablesExtra;

  # The last directory is put in front first.
  reversed = builtins.mapAttrs (_: lib.reverseList) session.lists;

  prepend =
    name: directory:
    let
      rest = if usual ? ${name} then ":\${${name}:-${usual.${name}}}" else "\${${name}:+:\$${name}}";
    in
    ''
      case ":''$${name}:" in
        *":${directory}:"*) ;;
        *) export ${name}="${directory}${rest}" ;;
      esac
    '';
in
{
  options.hm.session = mkOption {
    type = types.raw;
    internal = true;
    readOnly = true;
    description = "What other modules need to know of the session: its variables, and where a shell finds them.";
  };

  options.home = {
    sessionVariables = mkOption {
      type =
        with types;
        lazyAttrsOf (
          nullOr (oneOf [
            str
            path
            int
            float
            bool
          ])
        );
      default = { };
      example = {
        EDITOR = "vim";
      };
      description = ''
        Environment variables to set at login. Values stand in double quotes in a shell script,
        so they can refer to other variables, but not to each other. `null` leaves one unset.
        The user manager gets them as well, but for those that run commands.
      '';
    };

    sessionVariablesExtra = mkOption {
      type = types.lines;
      default = "";
      description = "Shell code at the end of `hm-session-vars.sh`.";
    };

    sessionVariablesPackage = mkOption {
      type = types.package;
      internal = true;
      description = "The package that holds `hm-session-vars.sh`.";
    };

    sessionPath = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "$HOME/.local/bin" ];
      description = "Directories to put before `PATH`.";
    };

    sessionSearchVariables = mkOption {
      type = types.attrsOf (types.listOf types.str);
      default = { };
      example = {
        MANPATH = [ "$HOME/.local/share/man" ];
      };
      description = "Directories to put before the value of variables like `PATH`.";
    };

    language = mkOption {
      type = types.submodule {
        options = lib.mapAttrs (
          _: variable:
          mkOption {
            type = types.nullOr types.str;
            default = null;
            description = "Value of `${variable}`.";
          }
        ) languageVariables;
      };
      default = { };
      description = "The locale of the session, for each of its aspects.";
    };
  };

  config.home = {
    # Most configurations leave the language alone, and then its options need not be looked at.
    sessionVariables = lib.mkIf (options.home.language.highestPrio < 1500) (
      lib.mapAttrs' (option: variable: {
        name = variable;
        value = cfg.language.${option};
      }) (lib.filterAttrs (option: _: cfg.language.${option} != null) languageVariables)
    );

    sessionSearchVariables = lib.mkIf (cfg.sessionPath != [ ]) { PATH = cfg.sessionPath; };

    sessionVariablesPackage = pkgs.writeTextFile {
      name = "hm-session-vars.sh";
      destination = "/etc/profile.d/hm-session-vars.sh";
      text = lib.concatStrings [
        ''
          # Sourced by login shells. Variables that are not set yet are no error here, even after `set -u`.
          case $- in
            *u*) __hm_nounset=1; set +u ;;
            *) __hm_nounset= ;;
          esac
          if [ "$__HM_SESS_VARS_SOURCED" != "${session.key}" ]; then
          export __HM_SESS_VARS_SOURCED="${session.key}"
        ''
        body
        "fi\n"
        (lib.concatStrings (lib.mapAttrsToList (name: lib.concatMapStrings (prepend name)) reversed))
        ''
          if [ -n "$__hm_nounset" ]; then set -u; fi
          unset __hm_nounset
        ''
      ];
    };

    packages = [ cfg.sessionVariablesPackage ];
  };

  config.hm.session = session;
}
