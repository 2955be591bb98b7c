# From a unit as it was written, in NixOS's attributes or in sections or in both, to sections alone.
#
# What both say is put together: lists are joined, and of two values that differ one is an error that names the places
# of both. What NixOS writes for systemd is written here with the same meaning; only its `X-…` settings go into
# [Unit], where hm's switch reads them.
{ lib, pkgs }:

let
  inherit (builtins)
    attrNames
    concatMap
    filter
    intersectAttrs
    isList
    listToAttrs
    mapAttrs
    match
    toJSON
    ;
  inherit (lib) optionalAttrs;

  keys = import ./keys.nix { inherit lib; };

  # The section that belongs to a kind of unit, and the attribute that NixOS has for it.
  sections = {
    automount = "Automount";
    mount = "Mount";
    path = "Path";
    service = "Service";
    slice = "Slice";
    socket = "Socket";
    target = "Target";
    timer = "Timer";
  };

  # Attribute -> setting of [Unit], for lists of units and the like.
  unitLists = {
    after = "After";
    before = "Before";
    bindsTo = "BindsTo";
    conflicts = "Conflicts";
    documentation = "Documentation";
    onFailure = "OnFailure";
    onSuccess = "OnSuccess";
    partOf = "PartOf";
    requires = "Requires";
    requisite = "Requisite";
    upholds = "Upholds";
    wants = "Wants";
  };

  unitValues = {
    description = "Description";
    startLimitBurst = "StartLimitBurst";
    startLimitIntervalSec = "StartLimitIntervalSec";
  };

  installLists = {
    aliases = "Alias";
    requiredBy = "RequiredBy";
    upheldBy = "UpheldBy";
    wantedBy = "WantedBy";
  };

  mountValues = {
    options = "Options";
    type = "Type";
    what = "What";
    where = "Where";
  };

  # Attribute -> setting of [Service] and the end of the script's name. NixOS lets the first ones stand beside other commands.
  scripts = {
    preStart = {
      key = "ExecStartPre";
      end = "pre-start";
    };
    postStart = {
      key = "ExecStartPost";
      end = "post-start";
    };
    script = {
      key = "ExecStart";
      end = "start";
      single = true;
    };
    reload = {
      key = "ExecReload";
      end = "reload";
      single = true;
    };
    preStop = {
      key = "ExecStop";
      end = "pre-stop";
      single = true;
    };
    postStop = {
      key = "ExecStopPost";
      end = "post-stop";
      single = true;
    };
  };

  isGiven = value: value != null && value != [ ] && value != "";

  # One value for each attribute of `table` that the unit has, under the setting's name.
  take =
    table: unit:
    listToAttrs (
      concatMap (
        name:
        if isGiven unit.${name} then
          [
            {
              name = table.${name};
              value = {
                from = name;
                value = unit.${name};
              };
            }
          ]
        else
          [ ]
      ) (attrNames (intersectAttrs table unit))
    );

  scriptOf =
    name: unit: attribute:
    let
      # Not the name as it is: systemd would take % for a specifier and \ for an escape.
      scriptName =
        builtins.replaceStrings [ "\\" "@" ":" ] [ "-" "_" "-" ] name + "-${scripts.${attribute}.end}";
      package =
        if unit.enableStrictShellChecks or false then
          pkgs.writeShellApplication {
            name = scriptName;
            text = unit.${attribute};
          }
        else
          pkgs.writeShellScriptBin scriptName "set -e\n\n${unit.${attribute}}\n";
      arguments = unit.scriptArgs or "";
    in
    "${package}/bin/${scriptName}" + lib.optionalString (attribute == "script" && arguments != "") " ${arguments}";

  # Of what a list of triggers is made does not matter, only whether it changes.
  digest =
    items:
    builtins.hashString "sha256" (
      toString (map (item: if builtins.isPath item then "${item}" else item) (lib.flatten items))
    );

  defaultPath = [
    pkgs.coreutils
    pkgs.findutils
    pkgs.gnugrep
    pkgs.gnused
    pkgs.systemd
  ];

  # Attributes that make a service NixOS's own, which then has the PATH that NixOS gives it.
  makesPath = lib.genAttrs [
    "enableDefaultPath"
    "environment"
    "path"
    "postStart"
    "postStop"
    "preStart"
    "preStop"
    "reload"
    "script"
    "serviceConfig"
  ] (_: null);
  convert =
    {
      # The suffix of the unit's type.
      kind,
      # Its name without the suffix.
      name,
      # How errors call it.
      label,
      # Where an attribute of it was defined, as text for errors, and whether by mkForce; from its path in the unit.
      placeOf,
      isForced,
      # Whether this is all there is of the unit; otherwise it is a drop-in, which says nothing that was not asked for.
      isWhole ? true,
    }:
    unit:
    let
      given = intersectAttrs (keys kind) unit;
      own = removeAttrs unit (attrNames given);
      section = sections.${kind};

      conflict =
        first: second:
        throw "${label}: `${lib.showOption first}`${placeOf first} and `${lib.showOption second}`${placeOf second} do not agree; leave one of them out";

      # NixOS's value beside that of a section.
      join =
        at: key: nixos: value:
        if !(isGiven value) || value == nixos.value then
          nixos.value
        else if nixos.single or false && !(own.Service.Type or given.serviceConfig.Type or null == "oneshot") then
          conflict [ nixos.from ] [ at key ]
        else if isList value || isList nixos.value || nixos.single or false then
          lib.toList nixos.value ++ lib.toList value
        else
          conflict (if nixos ? group then [ nixos.group key ] else [ nixos.from ]) [ at key ];

      joinAll =
        at: nixos: values:
        values // mapAttrs (key: value: if values ? ${key} then join at key value values.${key} else value.value) nixos;

      # The settings that an attribute such as `serviceConfig` has, below those that attributes of their own have.
      joinGroup =
        group: attributes:
        let
          settings = given.${group} or { };
        in
        if settings == { } then
          attributes
        else
          mapAttrs (_: value: {
            inherit group value;
            from = group;
          }) settings
          // mapAttrs (
            key: value: if settings ? ${key} then value // { value = join group key value settings.${key}; } else value
          ) attributes;

      inUnit = joinGroup "unitConfig" (
        take unitLists given
        // take unitValues given
        // optionalAttrs (given.restartTriggers or [ ] != [ ]) {
          X-Restart-Triggers = {
            from = "restartTriggers";
            value = [ (digest given.restartTriggers) ];
          };
        }
        // optionalAttrs (given.reloadTriggers or [ ] != [ ]) {
          X-Reload-Triggers = {
            from = "reloadTriggers";
            value = [ (digest given.reloadTriggers) ];
          };
        }
        // (
          if given.reloadIfChanged or false then
            {
              X-ReloadIfChanged = {
                from = "reloadIfChanged";
                value = true;
              };
            }
          else if !(given.restartIfChanged or true) then
            {
              X-RestartIfChanged = {
                from = "restartIfChanged";
                value = false;
              };
            }
          else
            { }
        )
        // optionalAttrs (!(given.stopIfChanged or true)) {
          X-StopIfChanged = {
            from = "stopIfChanged";
            value = false;
          };
        }
      );

      path =
        given.path or [ ]
        ++ lib.optionals (
          given.enableDefaultPath or (if isWhole then intersectAttrs makesPath given != { } else given.path or [ ] != [ ])
        ) defaultPath;

      environment =
        let
          variables = given.environment or { };
        in
        if path == [ ] then
          variables
        else if !(variables ? PATH) then
          variables // { PATH = "${lib.makeBinPath path}:${lib.makeSearchPathOutput "bin" "sbin" path}"; }
        else if given.path or [ ] == [ ] || isForced [ "environment" "PATH" ] then
          variables
        else
          conflict [ "environment" "PATH" ] [ "path" ];

      assignments =
        concatMap (
          variable:
          let
            value = environment.${variable};
          in
          if value == null then [ ] else [ (toJSON "${variable}=${value}") ]
        ) (attrNames environment);

      # Variables that a section sets to something else. Its assignments come last, and would win.
      written =
        concatMap (
          assignment:
          let
            found = match "\"?([A-Za-z_][A-Za-z0-9_]*)=.*" assignment;
            variable = builtins.head found;
          in
          if found == null || !(given ? environment) || !(given.environment ? ${variable}) then
            [ ]
          else if toJSON "${variable}=${toString given.environment.${variable}}" == toJSON (lib.removeSuffix "\"" (lib.removePrefix "\"" assignment)) then
            [ ]
          else
            [ variable ]
        ) (lib.toList (own.Service.Environment or [ ]));

      inService = joinGroup "serviceConfig" (
        listToAttrs (
          map (attribute: {
            name = scripts.${attribute}.key;
            value = {
              from = attribute;
              value = if scripts.${attribute} ? single then scriptOf name given attribute else [ (scriptOf name given attribute) ];
              single = scripts.${attribute}.single or false;
            };
          }) (filter (attribute: isGiven given.${attribute}) (attrNames (intersectAttrs scripts given)))
        )
        // optionalAttrs (assignments != [ ]) {
          Environment = {
            from = "environment";
            value = assignments;
          };
        }
      );

      inSection =
        if kind == "service" then
          inService
        else if kind == "socket" then
          joinGroup "socketConfig" (
            take {
              listenStreams = "ListenStream";
              listenDatagrams = "ListenDatagram";
            } given
          )
        else if kind == "mount" || kind == "automount" then
          joinGroup "${kind}Config" (take mountValues given)
        else
          joinGroup "${kind}Config" { };

      inInstall = take installLists given;

      merged =
        at: nixos:
        optionalAttrs (nixos != { } || own ? ${at}) {
          ${at} = joinAll at nixos (own.${at} or { });
        };
    in
    if written != [ ] then
      conflict [ "environment" (builtins.head written) ] [ "Service" "Environment" ]
    else
      own // merged "Unit" inUnit // merged section inSection // merged "Install" inInstall;
in
{
  # Whether there is anything to do.
  isSpelled = kind: unit: intersectAttrs (keys kind) unit != { };

  inherit convert;
}
