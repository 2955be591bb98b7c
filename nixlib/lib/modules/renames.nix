# Modules that keep old option names working, or tell what became of them.
{ lib, properties }:
let
  inherit (builtins)
    any
    filter
    foldl'
    map
    ;
  inherit (lib)
    attrByPath
    getAttrFromPath
    optional
    optionalAttrs
    recursiveUpdate
    setAttrByPath
    ;
  inherit (lib.options) mkOption showFiles showOption;
  inherit (properties)
    defaultOverridePriority
    mkIf
    mkMerge
    mkOverride
    ;

  unset = "_mkMergedOptionModule";
in
rec {
  # Definitions that repeat those of another option, after a function was applied to them.
  mkAliasAndWrapDefinitions =
    wrap: option:
    mkIf option.isDefined (wrap (mkMerge option.definitions));

  # The same, keeping the priority the other option's definitions had.
  mkAliasAndWrapDefsWithPriority =
    wrap: option:
    mkIf option.isDefined (
      wrap (mkMerge (map (mkOverride (option.highestPrio or defaultOverridePriority)) option.definitions))
    );

  # Definitions that repeat those of another option.
  mkAliasDefinitions = mkAliasAndWrapDefinitions (x: x);

  # An old name for a condition on `isDefined`.
  mkAliasIfDef =
    lib.warn "mkAliasIfDef is going away: write `mkIf option.isDefined`"
      (option: mkIf option.isDefined);

  # A definition computed from another option's value, with that option's priority.
  mkDerivedConfig =
    option: f:
    mkOverride (option.highestPrio or defaultOverridePriority) (f option.value);

  # An option that is gone: defining it fails an assertion, reading it an evaluation.
  mkRemovedOptionModule =
    path: instructions:
    { options, ... }:
    let
      option = getAttrFromPath path options;
    in
    {
      options = setAttrByPath path (mkOption {
        visible = false;
        apply =
          _:
          throw "The option `${showOption path}' can no longer be used since it's been removed. ${instructions}";
      });
      config.assertions = [
        {
          assertion = !option.isDefined;
          message = ''
            The option definition `${showOption path}' in ${showFiles option.files} no longer has any effect; please remove it.
            ${instructions}
          '';
        }
      ];
    };

  # An option under a new name; the old one still works and warns.
  mkRenamedOptionModule =
    from: to:
    doRename {
      inherit from to;
      visible = false;
      warn = true;
      use = builtins.trace (obsolete from to);
    };

  # The same, warning only once the release that brought the new name is the oldest supported one.
  mkRenamedOptionModuleWith =
    {
      from,
      to,
      sinceRelease,
    }:
    let
      due = lib.oldestSupportedReleaseIsAtLeast sinceRelease;
    in
    doRename {
      inherit from to;
      visible = false;
      warn = due;
      use = lib.warnIf due (obsolete from to);
    };

  # Two names for one option, both fine to use.
  mkAliasOptionModule =
    from: to:
    doRename {
      inherit from to;
      visible = true;
      warn = false;
      use = x: x;
    };

  # An old name of mkAliasOptionModule.
  mkAliasOptionModuleMD = lib.warn "mkAliasOptionModuleMD is deprecated; please use mkAliasOptionModule." mkAliasOptionModule;

  # Several options that became one of another shape, whose value a function derives from the old ones.
  mkMergedOptionModule =
    from: to: merge:
    { config, options, ... }:
    let
      isSet = path: getAttrFromPath path config != unset;
      moved =
        path:
        "The option `${showOption path}' defined in ${
          showFiles (getAttrFromPath path options).files
        } is now `${showOption to}', which has another type: see its description for what to write.";
    in
    {
      options = foldl' recursiveUpdate { } (
        map (
          path:
          setAttrByPath path (mkOption {
            visible = false;
            default = unset;
          })
        ) from
      );
      config = {
        warnings = map moved (filter isSet from);
      }
      // setAttrByPath to (mkMerge (optional (any isSet from) (merge config)));
    };

  # One option that became one of another shape.
  mkChangedOptionModule =
    from: to: change:
    mkMergedOptionModule [ from ] to change;

  # The general form: `from` becomes an alias of `to`. `use` wraps reading the old name; `condition` says
  # whether definitions are carried over.
  doRename =
    {
      from,
      to,
      visible,
      warn,
      use,
      withPriority ? true,
      condition ? true,
    }:
    { config, options, ... }:
    let
      old = getAttrFromPath from options;
      target = attrByPath to (abort "Renaming error: option `${showOption to}' does not exist.") config;
      type = (attrByPath to { } options).type or (lib.types.submodule { });
      carry = if withPriority then mkAliasAndWrapDefsWithPriority else mkAliasAndWrapDefinitions;
    in
    {
      options = setAttrByPath from (
        mkOption {
          inherit visible;
          description = "Alias of {option}`${showOption to}`.";
          apply = _: use target;
        }
        // optionalAttrs (type != null) { inherit type; }
      );
      config = mkIf condition (mkMerge [
        (optionalAttrs (options ? warnings) {
          warnings =
            optional (warn && old.isDefined)
              "The option `${showOption from}' defined in ${showFiles old.files} has been renamed to `${showOption to}'.";
        })
        (carry (setAttrByPath to) old)
      ]);
    };

  obsolete =
    from: to: "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'.";
}
