# The types of `systemd.user.services` and its like.
#
# A unit is a set of sections, a section a set of keys; a key's value is a bool, an int, a
# string, a path or a list of them. That is a submodule with a free-form type, as in
# home-manager, and `thorough` below is just that. Beside the sections there may be NixOS's
# attributes (keys.nix). A configuration may have thousands of
# units, and nearly all are one plain definition without `mkIf` or `mkForce` inside: for
# those the result is worked out directly, key by key, and whatever does not look plain or
# right is given to the submodule, which merges it or reports the mistake.
{ lib }:

let
  inherit (builtins)
    all
    attrNames
    attrValues
    isAttrs
    isBool
    isInt
    isList
    isPath
    isString
    mapAttrs
    ;
  inherit (lib) mkOption types;

  keysOf = import ./keys.nix { inherit lib; };

  primitive = types.oneOf [
    types.bool
    types.int
    types.str
    types.path
  ];

  isPrimitive =
    value:
    isString value
    || isBool value
    || isInt value
    || isPath value
    || (isAttrs value && value ? outPath && !(value ? _type));

  isValue = value: isPrimitive value || (isList value && all isPrimitive value);

  isStrings = value: isList value && all isString value;

  # Declared keys: the option for the submodule, and for the direct way the default, which
  # plain values are right, and what becomes of them.
  strings = description: {
    option = mkOption {
      type = types.coercedTo types.str lib.toList (types.listOf types.str);
      default = [ ];
      inherit description;
    };
    default = [ ];
    accepts = value: isString value || isStrings value;
    convert = lib.toList;
  };

  triggers = description: {
    option = mkOption {
      type = types.listOf (types.either types.package types.str);
      default = [ ];
      inherit description;
    };
    default = [ ];
    accepts = value: isList value && all (item: isString item || (isAttrs item && item ? outPath)) value;
    convert = value: value;
  };

  switchMethods = [
    "reload"
    "restart"
    "stop-start"
    "keep-old"
  ];

  common.Unit = {
    Description = {
      option = mkOption {
        type = types.nullOr types.str;
        default = null;
        description = "What the unit is, in a few words.";
      };
      default = null;
      accepts = value: value == null || isString value;
      convert = value: value;
    };
    Documentation = strings "URIs of the unit's documentation.";
  };

  service = {
    Unit = common.Unit // {
      X-Reload-Triggers = triggers "The service is reloaded in a switch that changes one of these values and nothing else.";
      X-Restart-Triggers = triggers "The service is restarted in a switch that changes one of these values.";
      X-SwitchMethod = {
        option = mkOption {
          type = types.enum ([ null ] ++ switchMethods);
          default = null;
          description = "What a switch does with a running service that has changed.";
        };
        default = null;
        accepts = value: value == null || builtins.elem value switchMethods;
        convert = value: value;
      };
    };
    Service = {
      Environment = strings "Environment variables of the service, as `NAME=value`.";
      ExecStart = {
        option = mkOption {
          type =
            let
              command = types.either types.package types.str;
            in
            types.either command (types.listOf command);
          apply = lib.toList;
          default = [ ];
          description = "The command that the service runs; several for `Type=oneshot`.";
        };
        default = [ ];
        accepts =
          value:
          let
            isCommand = item: isString item || (isAttrs item && item ? outPath && !(item ? _type));
          in
          isCommand value || (isList value && all isCommand value);
        convert = lib.toList;
      };
    };
  };

  # The attributes of every kind together.
  anyKeys = lib.foldl' (all: kind: all // keysOf kind) { } [
    "automount"
    "mount"
    "path"
    "service"
    "slice"
    "socket"
    "target"
    "timer"
  ];

  sectionType = types.attrsOf (types.either primitive (types.listOf primitive));

  # Sections and NixOS's attributes in one set. The latter are no options, which would be there in every unit.
  anyUnit =
    kind: spelled:
    lib.mkOptionType {
      name = "systemd ${kind} unit";
      description = "systemd ${kind} unit";
      check = isAttrs;
      merge =
        location: definitions:
        mapAttrs (_: merged: merged.value) (
          lib.filterAttrs (_: merged: merged ? value) (
            builtins.zipAttrsWith (
              key: values:
              (lib.mergeDefinitions (location ++ [ key ]) (
                if spelled ? ${key} then spelled.${key}.type else sectionType
              ) values).optionalValue
            ) (
              map (
                definition:
                mapAttrs (key: value: {
                  inherit (definition) file;
                  inherit value;
                  pos = builtins.unsafeGetAttrPos key definition.value;
                }) definition.value
              ) definitions
            )
          )
        );
    };

  unitsOf =
    kind: declared:
    let
      spelled = if kind == "unit" then anyKeys else keysOf kind;

      thorough = types.attrsOf (
        types.submodule {
          freeformType = anyUnit kind spelled;
          options = mapAttrs (_: mapAttrs (_: key: key.option)) declared;
        }
      );

      defaults = mapAttrs (_: mapAttrs (_: key: key.default)) declared;

      isPlainSet = value: isAttrs value && !(value ? _type) && !(value ? outPath);

      # Keys of a module rather than sections of a unit.
      isModule =
        unit: unit ? imports || unit ? options || unit ? config || unit ? _module || unit ? freeformType || unit ? _file;

      isWrapped = value: isAttrs value && value ? _type;

      isPlainUnit =
        unit:
        isPlainSet unit
        && !(isModule unit)
        && all (
          name:
          let
            section = unit.${name};
          in
          if isAttrs section then
            isPlainSet section && !(lib.any isWrapped (attrValues section))
          else
            spelled ? ${name}
        ) (attrNames unit);

      direct =
        location: definitions: name: unit:
        let
          # Only forced for a unit, or a key of one, that is not plain or not right.
          slow =
            (thorough.merge location (
              map (
                definition: definition // { value = builtins.intersectAttrs { ${name} = null; } definition.value; }
              ) definitions
            )).${name};
          section =
            sectionName: values:
            let
              keys = declared.${sectionName} or { };
              key = spelled.${sectionName};
            in
            if spelled ? ${sectionName} then
              if key.accepts values then key.convert values else slow.${sectionName}
            else
            (defaults.${sectionName} or { })
            // mapAttrs (
              key: value:
              if keys ? ${key} then
                if keys.${key}.accepts value then keys.${key}.convert value else slow.${sectionName}.${key}
              else if isValue value then
                value
              else
                slow.${sectionName}.${key}
            ) values;
        in
        if isPlainUnit unit then defaults // mapAttrs section unit else slow;

      merge =
        location: definitions:
        let
          # Every definition of each unit.
          byName = builtins.zipAttrsWith (_: values: values) (
            map (definition: mapAttrs (_: _: definition) definition.value) definitions
          );
          isSingle =
            name:
            let
              found = byName.${name};
              value = (builtins.head found).value.${name};
            in
            builtins.tail found == [ ] && isAttrs value && !(value ? _type);
          parted = lib.partition isSingle (attrNames byName);
          singles = builtins.listToAttrs (
            map (name: {
              inherit name;
              value = direct location byName.${name} name (builtins.head byName.${name}).value.${name};
            }) parted.right
          );
          rest = thorough.merge location (
            map (
              definition: definition // { value = builtins.intersectAttrs restNames definition.value; }
            ) definitions
          );
          restNames = lib.genAttrs parted.wrong (_: null);
        in
        if parted.wrong == [ ] then singles else singles // rest;
    in
    thorough
    // {
      inherit merge;
      # The module system makes types that have submodules anew, with the type's own merge.
      getSubModules = null;
      substSubModules = _: null;
    };
in
{
  services = unitsOf "service" service;
  other = kind: unitsOf kind common;
  # Of any kind, for drop-ins: the unit's name tells the kind.
  any = unitsOf "unit" service;
}
