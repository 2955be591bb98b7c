# The attributes by which NixOS spells a unit, with their types: `NAME -> KEY` for a kind of unit.
#
# They stand beside the sections, in one set: none of them begins with a capital letter, and every section does.
# A key is
#   { type; accepts; convert; }
# where `accepts` says whether one plain value is right, and `convert` what it then becomes. So most units need
# neither the module system's checks nor its merging; what is not accepted is given to `type`.
{ lib }:

let
  inherit (builtins)
    all
    attrValues
    isAttrs
    isBool
    isInt
    isList
    isPath
    isString
    ;
  inherit (lib) types;

  same = value: value;

  plain = type: accepts: {
    inherit type accepts;
    convert = same;
  };

  isPackage = value: isAttrs value && value ? outPath && !(value ? _type);
  isScalar = value: isString value || isBool value || isInt value || isPath value || isPackage value;

  # As in NixOS, lists of several definitions are joined, and anything else has to be the same in all.
  setting = lib.mkOptionType {
    name = "systemd option";
    description = "value or list of values of a systemd setting";
    check = value: isScalar value || builtins.isFloat value || value == null || (isList value && all isScalar value);
    merge =
      location: definitions:
      if lib.any (definition: isList definition.value) definitions then
        lib.concatMap (definition: lib.toList definition.value) definitions
      else
        lib.mergeEqualOption location definitions;
  };

  bool = plain types.bool isBool;
  int = plain types.int isInt;
  str = plain types.str isString;
  lines = plain types.lines isString;
  isStrings = value: isList value && all isString value;
  strings = plain (types.listOf types.str) isStrings;
  settings = plain (types.attrsOf setting) (
    value:
    isAttrs value
    && !(value ? _type)
    && !(value ? outPath)
    && all (item: isScalar item || (isList item && all isScalar item)) (attrValues value)
  );
  triggers = plain (types.listOf types.unspecified) (
    value: isList value && all (item: !(isAttrs item && item ? _type)) value
  );

  common = {
    enable = bool;
    overrideStrategy = plain (types.enum [
      "asDropinIfExists"
      "asDropin"
    ]) (value: value == "asDropinIfExists" || value == "asDropin");
    description = plain types.singleLineStr (value: isString value && builtins.match "[^\n]*" value != null);
    documentation = strings;
    requires = strings;
    wants = strings;
    upholds = strings;
    after = strings;
    before = strings;
    bindsTo = strings;
    partOf = strings;
    conflicts = strings;
    requisite = strings;
    onFailure = strings;
    onSuccess = strings;
    wantedBy = strings;
    requiredBy = strings;
    upheldBy = strings;
    aliases = strings;
    unitConfig = settings;
    startLimitBurst = int;
    startLimitIntervalSec = int;
    restartTriggers = triggers;
    reloadTriggers = triggers;
  };

  kinds = {
    service = {
      serviceConfig = settings;
      environment =
        let
          isValue = value: value == null || isString value || isPath value || isPackage value;
        in
        plain
          (types.attrsOf (
            types.nullOr (
              types.oneOf [
                types.str
                types.path
                types.package
              ]
            )
          ))
          (value: isAttrs value && !(value ? _type) && !(value ? outPath) && all isValue (attrValues value));
      path = plain (types.listOf (types.either types.package types.str)) (
        value: isList value && all (item: isString item || isPackage item) value
      );
      enableDefaultPath = bool;
      enableStrictShellChecks = bool;
      script = lines;
      scriptArgs = str;
      preStart = lines;
      postStart = lines;
      reload = lines;
      preStop = lines;
      postStop = lines;
      restartIfChanged = bool;
      reloadIfChanged = bool;
      stopIfChanged = bool;
      notSocketActivated = bool;
      startAt = {
        type = types.coercedTo types.str lib.toList (types.listOf types.str);
        accepts = value: isString value || isStrings value;
        convert = lib.toList;
      };
    };
    timer.timerConfig = settings;
    socket = {
      socketConfig = settings;
      listenStreams = strings;
      listenDatagrams = strings;
    };
    path.pathConfig = settings;
    slice.sliceConfig = settings;
    mount = {
      mountConfig = settings;
      what = str;
      where = str;
      type = str;
      options = plain types.commas isString;
    };
    automount = {
      automountConfig = settings;
      where = str;
    };
    target = { };
  };

  complete = builtins.mapAttrs (_: own: common // own) kinds;
in
kind: complete.${kind}
