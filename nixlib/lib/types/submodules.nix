# Types whose values are evaluated by the module system, or are modules, options or types themselves.
{ lib, core }:
let
  inherit (builtins)
    attrNames
    head
    intersectAttrs
    isAttrs
    length
    ;
  inherit (core)
    checkingMerge
    coherentCheck
    defaultFunctor
    definitionsError
    isNounOr
    isType
    optionDescriptionPhrase
    ownType
    ;
  inherit (lib) isFunction optionalAttrs;
  inherit (lib.options) showOption;

  # Manuals describe options without values, where leftover definitions are not of interest.
  noCheckForDocsModule = {
    _file = "<checks disabled for documentation>";
    config._module.check = lib.modules.mkForce false;
  };

  isModule = x: isAttrs x || isFunction x || lib.types.path.check x;

  # The value of a submodule parameter that two declarations give, when null means "not given".
  agree =
    what: a: b:
    if a == null then
      b
    else if b == null || a == b then
      a
    else
      throw "A submoduleWith option is declared multiple times with conflicting ${what}.";

  mergeParameters = a: b: {
    class =
      agree "class values \"${toString (a.class or "")}\" and \"${toString (b.class or "")}\"" a.class or null
        b.class or null;
    modules = a.modules ++ b.modules;
    specialArgs =
      let
        common = attrNames (intersectAttrs a.specialArgs b.specialArgs);
      in
      if common == [ ] then
        a.specialArgs // b.specialArgs
      else
        throw "A submoduleWith option is declared multiple times with the same specialArgs \"${toString common}\"";
    shorthandOnlyDefinesConfig =
      agree "shorthandOnlyDefinesConfig values" a.shorthandOnlyDefinesConfig
        b.shorthandOnlyDefinesConfig;
    description = agree "descriptions" a.description b.description;
  };
in
rec {
  inherit noCheckForDocsModule;

  # A set evaluated by modules of its own. Definitions given as sets are configuration, never modules.
  submodule =
    modules:
    submoduleWith {
      shorthandOnlyDefinesConfig = true;
      modules = lib.toList modules;
    };

  # The general form: modules and how they are evaluated. With `shorthandOnlyDefinesConfig`, sets given as
  # definitions are configuration, never modules.
  submoduleWith =
    parameters@{
      modules,
      specialArgs ? { },
      shorthandOnlyDefinesConfig ? false,
      description ? null,
      class ? null,
    }:
    let
      evaluator = lib.modules.submoduleEvaluator {
        inherit modules specialArgs class;
        definesConfig = shorthandOnlyDefinesConfig == true;
      };
      inherit (evaluator) base;
      inherit (base._module) freeformType;
      documented =
        prefix:
        base.extendModules {
          inherit prefix;
          modules = [ noCheckForDocsModule ];
        };
      documentedFreeform = (documented [ ])._module.freeformType;
    in
    ownType {
      name = "submodule";
      description =
        if description != null then
          description
        else if documentedFreeform ? description then
          "open submodule of ${optionDescriptionPhrase (isNounOr "composite") documentedFreeform}"
        else
          "submodule";
      check = coherentCheck isModule;
      merge = checkingMerge (
        { loc, defs }:
        let
          configuration = evaluator.instance loc defs;
        in
        {
          headError = definitionsError isModule defs;
          value = configuration.config;
          valueMeta = { inherit configuration; };
        }
      );
      emptyValue.value = base.config;
      getSubOptions =
        prefix:
        let
          evaluated = documented prefix;
          freeform = evaluated._module.freeformType;
        in
        evaluated.options
        // optionalAttrs (freeform != null) {
          _freeformOptions = freeform.getSubOptions prefix;
        };
      getSubModules = modules;
      substSubModules = substituted: submoduleWith (parameters // { modules = substituted; });
      nestedTypes = optionalAttrs (freeformType != null) { inherit freeformType; };
      functor = defaultFunctor "submodule" // {
        type = submoduleWith;
        payload = {
          inherit
            modules
            class
            specialArgs
            shorthandOnlyDefinesConfig
            description
            ;
        };
        binOp = mergeParameters;
      };
    };

  # A module that is not evaluated here: its value is a module to import elsewhere.
  deferredModule = deferredModuleWith { };

  # The same, with modules that are always part of it and of manuals.
  deferredModuleWith =
    parameters@{
      staticModules ? [ ],
    }:
    ownType {
      name = "deferredModule";
      description = "module";
      descriptionClass = "noun";
      check = isModule;
      merge = loc: defs: {
        imports =
          staticModules
          ++ map (
            def:
            lib.modules.setDefaultModuleLocation "${def.file}, via option ${showOption loc}" def.value
          ) defs;
      };
      inherit (submoduleWith { modules = staticModules; }) getSubOptions getSubModules;
      substSubModules = substituted: deferredModuleWith (parameters // { staticModules = substituted; });
      functor = defaultFunctor "deferredModuleWith" // {
        type = deferredModuleWith;
        payload = { inherit staticModules; };
        binOp = a: b: { staticModules = a.staticModules ++ b.staticModules; };
      };
    };

  # An option declaration, as mkOption makes it; not an evaluated option.
  optionDeclaration = ownType {
    name = "optionDeclaration";
    description = "option declaration";
    descriptionClass = "noun";
    check = x: isType "option" x && !(x ? value);
  };

  # A type; several are merged as those of several declarations of one option are.
  optionType = ownType {
    name = "optionType";
    description = "optionType";
    descriptionClass = "noun";
    check = isType "option-type";
    merge =
      loc: defs:
      if length defs == 1 then
        (head defs).value
      else
        (lib.modules.fixupOptionType loc (
          lib.modules.mergeOptionDecls loc (
            map (def: {
              _file = def.file;
              options = lib.options.mkOption { type = def.value; };
            }) defs
          )
        )).type;
  };
}
