# `systemd.user`: units, the variables of the user manager, and how a switch treats units.
{
  config,
  options,
  lib,
  pkgs,
  positions,
  ...
}:

let
  inherit (builtins)
    attrNames
    concatMap
    isList
    isString
    listToAttrs
    mapAttrs
    match
    ;
  inherit (lib) mkOption types;

  cfg = config.systemd.user;
  unitTypes = import ./types.nix { inherit lib; };
  render = import ./render.nix { };
  iniFormat = pkgs.formats.ini { listsAsDuplicateKeys = true; };

  # Option below systemd.user -> suffix of its units.
  kinds = {
    automounts = "automount";
    mounts = "mount";
    paths = "path";
    services = "service";
    slices = "slice";
    sockets = "socket";
    targets = "target";
    timers = "timer";
  };

  # Where units lie, relative to the home directory; xdg.nix sees to it that it is below.
  configPath = lib.removePrefix (config.home.homeDirectory + "/") config.xdg.configHome;

  directoryParts = builtins.filter (part: isString part && part != "") (
    builtins.split "/" configPath
  ) ++ [
    "systemd"
    "user"
  ];
  directoryPath = "${configPath}/systemd/user";

  targetsOf =
    label: value:
    if isList value then
      value
    else if isString value then
      lib.filter (word: word != "") (lib.splitString " " value)
    else
      throw "${label}: a list of unit names is expected";

  unit =
    option: suffix: found: name:
    let
      file = "${name}.${suffix}";
      content = cfg.${option}.${name};
      install = content.Install or { };
      defined = found.${name} or null;
      label = "systemd.user.${option}.${lib.strings.escapeNixIdentifier name}${positions.show defined}";
      # systemd takes a unit's name from the file that a link leads to in the end: here that file
      # lies among the home's files under the unit's own name, and the others lead to it. One
      # store object for all units is what keeps a thousand of them cheap.
      entry = directory: tree: {
        parts = directoryParts ++ directory ++ [ file ];
        inherit tree label;
      };
      itself = entry [ ] {
        type = "regular";
        contents = builtins.addErrorContext "while writing the unit ${label}" (render content);
        executable = false;
      };
      links =
        key: directory:
        map (
          target:
          entry [ "${target}.${directory}" ] {
            type = "symlink";
            target = "../${file}";
          }
        ) (targetsOf "${label}.Install.${key}" (install.${key} or [ ]));
    in
    if match "[a-zA-Z0-9:_.\\@-]+" name == null then
      throw "${label}: `${name}` cannot be the name of a unit: letters, digits and : _ . \\ @ - are allowed"
    else
      {
        inherit file defined;
        entries = [ itself ] ++ links "WantedBy" "wants" ++ links "RequiredBy" "requires";
      };

  units = concatMap (
    option:
    let
      found = positions.ofOption options.systemd.user.${option};
    in
    map (unit option kinds.${option} found) (attrNames cfg.${option})
  ) (attrNames kinds);

  environmentOption =
    description:
    mkOption {
      type = types.attrsOf (types.nullOr (types.oneOf [ types.str types.path types.package ]));
      default = { };
      apply =
        variables:
        lib.concatStringsSep " " (
          lib.mapAttrsToList (name: value: "${name}=${lib.escapeShellArg (toString value)}") variables
        );
      inherit description;
    };

  # Whether somebody gives settings: without them, their type and format need not be looked at.
  hasSettings = options.systemd.user.settings.highestPrio < 1500;

  # An empty value would reset what the system's own configuration set.
  managerSettings =
    let
      manager = lib.filterAttrs (
        key: value:
        !(builtins.elem key [ "DefaultEnvironment" "ManagerEnvironment" ] && value == "")
      ) cfg.settings.Manager;
    in
    lib.filterAttrs (_: section: section != { }) (cfg.settings // { Manager = manager; });
in
{
  options.systemd.user =
    mapAttrs (
      option: suffix:
      mkOption {
        type = if option == "services" then unitTypes.services else unitTypes.other suffix;
        default = { };
        description = "User units of type ${suffix}; sections and keys as in {manpage}`systemd.${suffix}(5)`.";
      }
    ) kinds
    // {
      enable = mkOption {
        type = types.bool;
        default = pkgs.stdenv.hostPlatform.isLinux;
        defaultText = lib.literalExpression "pkgs.stdenv.hostPlatform.isLinux";
        description = "Whether units are managed.";
      };

      systemctlPath = mkOption {
        type = types.str;
        default = "${pkgs.systemd}/bin/systemctl";
        defaultText = lib.literalExpression ''"''${pkgs.systemd}/bin/systemctl"'';
        description = "Absolute path of {command}`systemctl`, for configurations that call it; hm does not.";
      };

      packages = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "Packages whose `share/systemd/user` is linked into the data directory.";
      };

      startServices = mkOption {
        type = types.either types.bool (types.enum [ "suggest" "sd-switch" ]);
        default = true;
        apply = value: if builtins.isBool value then value else value == "sd-switch";
        description = "Whether a switch starts, stops and restarts units; otherwise it only says what it would do.";
      };

      servicesStartTimeoutMs = mkOption {
        type = types.ints.unsigned;
        default = 0;
        description = "How long a switch waits for units to start, in milliseconds; 0 for hm's own limit.";
      };

      sessionVariables = mkOption {
        type = types.attrsOf (types.either types.int types.str);
        default = { };
        example = {
          EDITOR = "vim";
        };
        description = "Environment variables of the user manager, as in {manpage}`environment.d(5)`.";
      };

      settings = mkOption {
        type = types.submodule {
          freeformType = iniFormat.type;
          options.Manager = {
            DefaultEnvironment = environmentOption "Environment variables of every unit.";
            ManagerEnvironment = environmentOption "Environment variables of the manager itself.";
          };
        };
        default = { };
        description = "Settings of the user manager, as in {manpage}`systemd-user.conf(5)`.";
      };
    };

  options.hm.unitRecords = mkOption {
    type = types.raw;
    internal = true;
    default = { };
    description = "The manifest's `units`.";
  };

  config = lib.mkIf cfg.enable {
    hm.homeEntries = concatMap (one: one.entries) units;
    hm.unitRecords = listToAttrs (
      map (one: {
        name = one.file;
        value = {
          path = "${directoryPath}/${one.file}";
          inherit (one) defined;
        };
      }) units
    );

    xdg.configFile = lib.mkMerge [
      (lib.mkIf (cfg.sessionVariables != { }) {
        "environment.d/10-home-manager.conf".text = lib.concatStrings (
          lib.mapAttrsToList (name: value: "${name}=${toString value}\n") cfg.sessionVariables
        );
      })
      (lib.mkIf (hasSettings && managerSettings != { }) {
        "systemd/user.conf".source = iniFormat.generate "user.conf" managerSettings;
      })
    ];

    xdg.dataFile = lib.mkIf (cfg.packages != [ ]) {
      "systemd/user" = {
        recursive = true;
        source = pkgs.symlinkJoin {
          name = "user-systemd-units";
          paths = cfg.packages;
          stripPrefix = "/share/systemd/user";
        };
      };
    };
  };
}
