# The module system: evaluating modules, the properties of definitions, renamed options.
#
# The work is done in modules/: properties (mkIf and its like), definitions (merging values), declarations
# (the option tree), collect (imports), eval (tying them together), renames, messages.
{ lib }:
let
  properties = import ./modules/properties.nix { inherit lib; };
  definitions = import ./modules/definitions.nix { inherit lib properties; };
  declarations = import ./modules/declarations.nix { inherit lib properties definitions; };
  collect = import ./modules/collect.nix { inherit lib properties; };
  evaluation = import ./modules/eval.nix {
    inherit
      lib
      properties
      declarations
      collect
      ;
  };
  renames = import ./modules/renames.nix { inherit lib properties; };
in
{
  inherit (properties)
    defaultOrderPriority
    defaultOverridePriority
    dischargeProperties
    filterOverrides
    filterOverrides'
    mapDefinitionValue
    mkAfter
    mkAssert
    mkBefore
    mkDefault
    mkDefinition
    mkFixStrictness
    mkForce
    mkIf
    mkImageMediaOverride
    mkMerge
    mkOptionDefault
    mkOrder
    mkOverride
    mkVMOverride
    pushDownProperties
    sortProperties
    ;
  inherit (definitions)
    checkV2MergeCoherence
    elementMerger
    evalOptionValue
    mergeAttrDefinitionsWithPrio
    mergeDefinitions
    ;
  inherit (declarations)
    fixupOptionType
    mergeModules
    mergeModules'
    mergeOptionDecls
    ;
  inherit (collect)
    applyModuleArgsIfFunction
    collectModules
    setDefaultModuleLocation
    unifyModuleSyntax
    ;
  inherit (evaluation) evalModules submoduleEvaluator;
  inherit (renames)
    doRename
    mkAliasAndWrapDefinitions
    mkAliasAndWrapDefsWithPriority
    mkAliasDefinitions
    mkAliasIfDef
    mkAliasOptionModule
    mkAliasOptionModuleMD
    mkChangedOptionModule
    mkDerivedConfig
    mkMergedOptionModule
    mkRemovedOptionModule
    mkRenamedOptionModule
    mkRenamedOptionModuleWith
    ;

  # evalModules with `_module.args` given directly and without the check for undeclared options.
  fixMergeModules =
    modules: args:
    evaluation.evalModules {
      inherit modules args;
      check = false;
    };

  # A module from a file that takes further arguments first; messages still name the file.
  importApply =
    path: argument:
    collect.setDefaultModuleLocation path (import path argument);

  # Modules whose configuration is read from data files.
  importJSON = file: {
    _file = file;
    config = lib.importJSON file;
  };
  importTOML = file: {
    _file = file;
    config = lib.importTOML file;
  };
}
