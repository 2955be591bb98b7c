# Option types that home-manager's modules use beside those of nixpkgs.
{ lib }:
let
  inherit (builtins)
    all
    concatMap
    foldl'
    head
    ;
  inherit (lib)
    mkOption
    mkOptionType
    mkOrder
    types
    ;
  inherit (lib.options)
    getFiles
    getValues
    mergeDefaultOption
    mergeOneOption
    showFiles
    showOption
    ;
  dag = import ./dag.nix { inherit lib; };
  values = import ./gvariant.nix { inherit lib; };

  # One entry of a graph. Plain data becomes an entry that may stand anywhere; what mkOrder said about it
  # is kept for the merging of the data.
  dagEntryOf =
    elemType:
    let
      options = {
        data = mkOption { type = elemType; };
        after = mkOption { type = types.listOf types.str; };
        before = mkOption { type = types.listOf types.str; };
      };
      # Only data that is made of modules has a use for the entry's name; without arguments, a submodule
      # is evaluated at much less cost.
      entry = types.submodule (
        if elemType.name == "submodule" then
          { name, ... }:
          {
            inherit options;
            config.data._module.args.dagName = name;
          }
        else
          { inherit options; }
      );
      asEntry =
        def:
        if dag.isEntry def.value then
          def.value
        else
          dag.entryAnywhere (if def ? priority then mkOrder def.priority def.value else def.value);
    in
    mkOptionType {
      name = "dagEntryOf";
      description = "DAG entry of ${elemType.description}";
      merge = {
        takesPositions = true;
        __functor =
          _: loc: defs:
          entry.merge loc (
            map (def: {
              inherit (def) file;
              value = asEntry def;
              pos = def.pos or null;
            }) defs
          );
      };
    };

  shareOrNull = a: b: if a == b then a else null;
in
rec {
  # A set of entries as `lib.hm.dag` makes them.
  dagOf =
    elemType:
    let
      entries = types.attrsOf (dagEntryOf elemType);
    in
    mkOptionType {
      name = "dagOf";
      description = "DAG of ${elemType.description}";
      inherit (entries) check merge emptyValue;
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<name>" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: dagOf (elemType.substSubModules modules);
      functor = lib.defaultFunctor "dagOf" // {
        wrapped = elemType;
      };
      nestedTypes.elemType = elemType;
    };

  # Functions that select values from a set; what all of them select is concatenated.
  selectorFunction = mkOptionType {
    name = "selectorFunction";
    description = "function from a set to a list of some of its values";
    check = lib.isFunction;
    merge =
      _: defs: set:
      concatMap (select: select set) (getValues defs);
  };

  # Overlays, applied side by side.
  overlayFunction = mkOptionType {
    name = "overlayFunction";
    description = "overlay: a function from the final and the previous set to changes";
    check = lib.isFunction;
    merge =
      _: defs: self: super:
      foldl' (result: overlay: result // overlay self super) { } (getValues defs);
  };

  fontType = types.submodule {
    options = {
      package = mkOption {
        type = types.nullOr types.package;
        default = null;
        example = lib.literalExpression "pkgs.dejavu_fonts";
        description = "The package with the font, to be installed; `null` if the font is there already.";
      };
      name = mkOption {
        type = types.str;
        example = "DejaVu Sans";
        description = "The name of the font family.";
      };
      size = mkOption {
        type = types.nullOr types.number;
        default = null;
        example = "8";
        description = "The size of the font.";
      };
    };
  };

  # A value of dconf. Arrays are concatenated, everything else merged as its type is in Nix.
  gvariant = mkOptionType {
    name = "gvariant";
    description = "GVariant value";
    check = x: values.mkValue x != null;
    merge =
      loc: defs:
      let
        converted = map (def: def // { value = values.mkValue def.value; }) defs;
        kinds = map (def: def.value.type) converted;
        kind = foldl' shareOrNull (head kinds) kinds;
        plain = map (def: def // { inherit (def.value) value; }) converted;
        single =
          values.isTuple kind
          || values.isMaybe kind
          || values.isDictionaryEntry kind
          || kind == values.type.variant;
      in
      if kind == null || !all (def: def.value != null) converted then
        throw "Cannot merge definitions of `${showOption loc}' with different GVariant types in ${showFiles (getFiles defs)}."
      else if values.isArray kind then
        values.mkValue ((types.listOf gvariant).merge loc plain) // { type = kind; }
      else if single then
        mergeOneOption loc defs
      else if kind == values.type.string then
        types.str.merge loc defs
      else if kind == values.type.double then
        types.float.merge loc defs
      else
        mergeDefaultOption loc defs;
  };
}
