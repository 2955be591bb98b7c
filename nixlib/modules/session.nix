# Session variables: `hm-session-vars.sh`, which a login shell sources.
{
  config,
  options,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  inherit (lib.hm.shell) export exportAll prependToVar;
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
in
{
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
        "# Sourced once a session.\n"
        "if [ -n \"\${__HM_SESS_VARS_SOURCED-}\" ]; then return; fi\n"
        "export __HM_SESS_VARS_SOURCED=1\n"
        "\n"
        (exportAll cfg.sessionVariables)
        "\n"
        (lib.concatStringsSep "\n" (
          lib.mapAttrsToList (
            variable: values: export variable (prependToVar ":" variable values)
          ) cfg.sessionSearchVariables
        ))
        "\n"
        cfg.sessionVariablesExtra
      ];
    };

    packages = [ cfg.sessionVariablesPackage ];
  };
}
