# Functions with arguments that can be changed afterwards: override, callPackage, scopes.
{ lib }:
let
  inherit (builtins)
    all
    attrNames
    attrValues
    concatStringsSep
    deepSeq
    derivation
    filter
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    mapAttrs
    removeAttrs
    seq
    unsafeGetAttrPos
    ;
  inherit (lib)
    extends
    functionArgs
    isDerivation
    isFunction
    mirrorFunctionArgs
    optionalAttrs
    setFunctionArgs
    ;
  inherit (lib.strings) levenshtein levenshteinAtMost;

  # A function, or the one in a file.
  load = f: if isFunction f then f else import f;

  # Names of the six combinations of build, host and target platforms.
  crossIndexes = [
    "buildBuild"
    "buildHost"
    "buildTarget"
    "hostHost"
    "hostTarget"
    "targetTarget"
  ];

  capitalised = name: lib.toUpper (builtins.substring 0 1 name) + builtins.substring 1 (-1) name;
in
rec {
  # A function whose results can be made again with other arguments, by their attribute `override`.
  makeOverridable =
    f:
    let
      alike = mirrorFunctionArgs f;
      call =
        arguments:
        let
          result = f arguments;
          changed = change: arguments // (if isFunction change then change arguments else change);
          override = alike (change: makeOverridable f (changed change));
          again = wrap: makeOverridable (alike (new: wrap (f new))) arguments;
        in
        if isAttrs result then
          result
          // {
            inherit override;
            overrideDerivation = change: again (drv: overrideDerivation drv change);
          }
          // optionalAttrs (result ? overrideAttrs) {
            overrideAttrs = change: again (drv: drv.overrideAttrs change);
          }
        else if isFunction result then
          setFunctionArgs result (functionArgs result) // { inherit override; }
        else
          result;
    in
    if isAttrs f then
      f
      // alike call
      // optionalAttrs (f ? override) { override = change: makeOverridable (f.override change); }
    else
      alike call;

  # Calls a function, or the one in a file, with those of the given values that it has formals for; the
  # result is overridable.
  callPackageWith =
    values: fn: arguments:
    let
      f = load fn;
      formals = functionArgs f;
      all' = intersectAttrs formals values // arguments;
      missing = removeAttrs formals (attrNames all');
      name = head (filter (n: !formals.${n}) (attrNames missing));
      pos = unsafeGetAttrPos name formals;
      place = if pos == null then "<unknown location>" else "${pos.file}:${toString pos.line}";
      near = map (n: "\"${n}\"") (
        lib.take 3 (
          lib.sortOn (levenshtein name) (filter (levenshteinAtMost 2 name) (attrNames (values // arguments)))
        )
      );
      hint =
        if near == [ ] then
          ""
        else if length near == 1 then
          ", did you mean ${head near}?"
        else
          ", did you mean ${concatStringsSep ", " (lib.init near)} or ${lib.last near}?";
    in
    if all (hasDefault: hasDefault) (attrValues missing) then
      makeOverridable f all'
    else
      abort "lib.customisation.callPackageWith: Function called without required argument \"${name}\" at ${place}${hint}";

  # The same for a function that gives a set of packages; each of them is overridable.
  callPackagesWith =
    values: fn: arguments:
    let
      f = load fn;
      all' = intersectAttrs (functionArgs f) values // arguments;
      packages = f all';
      alike = mirrorFunctionArgs f;
    in
    if isDerivation packages then
      throw "function `callPackages` was called on a *single* derivation \"${packages.name or "<unknown-name>"}\"; did you mean to use `callPackage` instead?"
    else
      mapAttrs (name: _: makeOverridable (alike (new: (f new).${name})) all') packages;

  # The derivation made with some of its attributes changed by a function of the old one.
  overrideDerivation =
    drv: change:
    let
      passthru = drv.passthru or { };
    in
    extendDerivation (seq drv.drvPath true) (
      {
        meta = drv.meta or { };
        inherit passthru;
      }
      // passthru
      // optionalAttrs (drv ? __spliced) {
        __spliced = mapAttrs (_: spliced: overrideDerivation spliced change) drv.__spliced;
      }
    ) (derivation (drv.drvAttrs // change drv));

  # A derivation and its outputs with more attributes, usable only while a condition holds.
  extendDerivation =
    condition: passthru: drv:
    let
      guarded = of: {
        drvPath =
          assert condition;
          of.drvPath;
        outPath =
          assert condition;
          of.outPath;
      };
      outputs = map (name: {
        inherit name;
        value =
          common
          // {
            inherit (drv.${name}) type outputName;
            outputSpecified = true;
          }
          // guarded drv.${name}
          // optionalAttrs (passthru ? overrideAttrs) {
            overrideAttrs = change: (passthru.overrideAttrs change).${name};
          };
      }) (drv.outputs or [ "out" ]);
      common =
        drv
        // listToAttrs outputs
        // {
          all = map (output: output.value) outputs;
        }
        // passthru
        // guarded drv;
    in
    common;

  # What a build farm needs of a derivation, completely evaluated.
  hydraJob =
    drv:
    let
      names = drv.outputs or [ "out" ];
      outputs = listToAttrs (
        map (outputName: {
          name = outputName;
          value = common // {
            inherit (drv.${outputName}) outPath drvPath;
            type = "derivation";
            inherit outputName;
          };
        }) names
      );
      common = {
        inherit (drv) name system meta;
        outputs = names;
      }
      // optionalAttrs (drv._hydraAggregate or false) {
        _hydraAggregate = true;
        constituents = map hydraJob (lib.flatten drv.constituents);
      }
      // outputs;
      job = outputs.${head names};
    in
    if drv == null then null else deepSeq job job;

  # A set of packages that find each other by name, can be extended and can be nested.
  makeScope =
    newScope: f:
    let
      # Packages may take the place of callPackage, but not of what makes the scope one.
      scope = { callPackage = scope.newScope { }; } // f scope // fixed;
      fixed = {
        packages = f;
        newScope = more: newScope (scope // more);
        overrideScope = overlay: makeScope newScope (extends overlay f);
      };
    in
    scope;

  # The positional form of the next function.
  makeScopeWithSplicing =
    splicePackages: newScope: otherSplices: keep: extra: f:
    makeScopeWithSplicing' { inherit splicePackages newScope; } {
      inherit
        otherSplices
        keep
        extra
        f
        ;
    };

  # makeScope for cross compilation: packages of several platforms are spliced into one set.
  makeScopeWithSplicing' =
    { splicePackages, newScope }@environment:
    {
      otherSplices,
      keep ? (_: { }),
      extra ? (_: { }),
      f,
    }@scope:
    let
      spliced = splicePackages {
        pkgsBuildBuild = otherSplices.selfBuildBuild;
        pkgsBuildHost = otherSplices.selfBuildHost;
        pkgsBuildTarget = otherSplices.selfBuildTarget;
        pkgsHostHost = otherSplices.selfHostHost;
        pkgsHostTarget = self;
        pkgsTargetTarget = otherSplices.selfTargetTarget;
      };
      visible = extra spliced // spliced // keep self;
      self = f self // {
        newScope = more: newScope (visible // more);
        callPackage = newScope visible;
        overrideScope =
          overlay: makeScopeWithSplicing' environment (scope // { f = extends overlay f; });
        packages = f;
      };
    in
    self;

  # A builder made from another one by a function that adds or changes arguments.
  extendMkDerivation =
    {
      constructDrv,
      excludeDrvArgNames ? [ ],
      excludeFunctionArgNames ? [ ],
      extendDrvArgs,
      inheritFunctionArgs ? true,
      transformDrv ? (drv: drv),
    }:
    {
      __functor =
        _: arguments:
        transformDrv (
          constructDrv (
            final:
            let
              previous = if isFunction arguments then arguments final else arguments;
            in
            removeAttrs previous excludeDrvArgNames // extendDrvArgs final previous
          )
        );
      __functionArgs = removeAttrs (
        optionalAttrs inheritFunctionArgs (removeAttrs (functionArgs constructDrv) excludeDrvArgNames)
        // functionArgs (extendDrvArgs { })
      ) excludeFunctionArgNames;
      inherit
        constructDrv
        excludeDrvArgNames
        extendDrvArgs
        transformDrv
        ;
    };

  # The six platform combinations from and to prefixed names, and mapped.
  renameCrossIndexFrom =
    prefix: set: lib.genAttrs crossIndexes (name: set."${prefix}${capitalised name}");
  renameCrossIndexTo =
    prefix: set:
    listToAttrs (
      map (name: {
        name = "${prefix}${capitalised name}";
        value = set.${name};
      }) crossIndexes
    );
  mapCrossIndex =
    f:
    {
      buildBuild,
      buildHost,
      buildTarget,
      hostHost,
      hostTarget,
      targetTarget,
    }@packages:
    lib.mapAttrs (_: f) packages;
}
