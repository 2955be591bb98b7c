# The XDG base directories and the files in them.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.xdg;
  inherit (config.home) homeDirectory;

  fileType = import ./files/type.nix { inherit lib pkgs homeDirectory; };

  # How each base directory is called, where it lies by default, and what it is for.
  directories = {
    cache = {
      default = ".cache";
      holds = "caches";
    };
    config = {
      default = ".config";
      holds = "configuration";
    };
    data = {
      default = ".local/share";
      holds = "data";
    };
    state = {
      default = ".local/state";
      holds = "state";
    };
  };

  homeOption =
    name: directory:
    mkOption {
      type = types.path;
      default = "${homeDirectory}/${directory.default}";
      defaultText = "~/${directory.default}";
      apply = toString;
      description = "Absolute path of the directory for ${directory.holds}.";
    };

  fileOption =
    name: directory:
    mkOption {
      type = fileType "xdg.${name}Home" cfg."${name}Home";
      default = { };
      description = "Files to link into the directory for ${directory.holds}.";
    };

  # XDG_CONFIG_HOME and its like, by the option that each is set to.
  variables = lib.listToAttrs (
    map (name: {
      name = "XDG_${lib.toUpper name}_HOME";
      value = cfg."${name}Home";
    }) ([ "bin" ] ++ builtins.attrNames directories)
  );
in
{
  options.xdg = {
    enable = mkOption {
      type = types.bool;
      default = false;
      description = "Whether to set the XDG variables for the user's session.";
    };

    binHome = homeOption "bin" {
      default = ".local/bin";
      holds = "executables";
    };

    localBinInPath = mkOption {
      type = types.bool;
      default = false;
      description = "Whether `xdg.enable` also puts `xdg.binHome` into `PATH`.";
    };
  }
  // lib.mapAttrs' (name: directory: {
    name = "${name}Home";
    value = homeOption name directory;
  }) directories
  // lib.mapAttrs' (name: directory: {
    name = "${name}File";
    value = fileOption name directory;
  }) directories;

  config = lib.mkMerge [
    {
      assertions = [
        {
          assertion = lib.hasPrefix (homeDirectory + "/") cfg.configHome;
          message =
            "xdg.configHome is ${cfg.configHome}, which is not below the home directory ${homeDirectory}: "
            + "nothing can be linked there.";
        }
      ];

      home.file = lib.mkMerge (
        map (
          name:
          lib.mapAttrs' (file: value: {
            name = "${cfg."${name}Home"}/${file}";
            inherit value;
          }) cfg."${name}File"
        ) (builtins.attrNames directories)
      );
    }
    (lib.mkIf cfg.enable {
      home.sessionVariables = variables;
      systemd.user.sessionVariables = variables;
      home.sessionPath = lib.mkIf cfg.localBinInPath (lib.mkAfter [ cfg.binHome ]);
    })
  ];
}
