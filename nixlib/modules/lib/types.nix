# Option types of `lib.hm.types`.
{ lib, dag }:

let
  inherit (lib) mkOption mkOptionType types;

  # An entry of a DAG; a plain value stands for an entry without relations.
  dagEntryOf =
    elementType:
    let
      entry = types.submodule (
        { name, ... }:
        {
          options = {
            data = mkOption { type = elementType; };
            after = mkOption { type = types.listOf types.str; };
            before = mkOption { type = types.listOf types.str; };
          };
          config = lib.mkIf (elementType.name == "submodule") { data._module.args.dagName = name; };
        }
      );
    in
    mkOptionType {
      name = "dagEntryOf";
      description = "DAG entry of ${elementType.description}";
      # The submodule checks the values.
      merge =
        loc: definitions:
        entry.merge loc (
          map (definition: {
            inherit (definition) file;
            value =
              if dag.isEntry definition.value then
                definition.value
              else
                dag.entryAnywhere (
                  if definition ? priority then lib.mkOrder definition.priority definition.value else definition.value
                );
          }) definitions
        );
    };
in
rec {
  dagOf =
    elementType:
    let
      set = types.attrsOf (dagEntryOf elementType);
    in
    mkOptionType {
      name = "dagOf";
      description = "DAG of ${elementType.description}";
      inherit (set) check merge emptyValue;
      getSubOptions = prefix: elementType.getSubOptions (prefix ++ [ "<name>" ]);
      inherit (elementType) getSubModules;
      substSubModules = modules: dagOf (elementType.substSubModules modules);
      nestedTypes.elemType = elementType;
    };

  # A function from a set to a list of some of its values; several are joined.
  selectorFunction = mkOptionType {
    name = "selectorFunction";
    description = "function from a set to a list of some of its values";
    check = builtins.isFunction;
    merge = _: definitions: set: lib.concatMap (definition: definition.value set) definitions;
  };

  overlayFunction = mkOptionType {
    name = "overlayFunction";
    description = "overlay: a function from the final and the previous set to changes";
    check = builtins.isFunction;
    merge =
      _: definitions: final: previous:
      lib.foldl' (all: definition: all // definition.value final previous) { } definitions;
  };
}
