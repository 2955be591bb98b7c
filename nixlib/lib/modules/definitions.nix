# From an option declaration and its definitions to a value: settles properties, checks and merges by
# type, and collects what `options.X` tells about it.
{ lib, properties }:
let
  inherit (builtins)
    addErrorContext
    all
    filter
    head
    length
    map
    mapAttrs
    ;
  inherit (lib.options)
    definitionsFor
    showDefs
    showFiles
    showOption
    withoutPosition
    ;
  inherit (properties)
    allPlain
    defaultOverridePriority
    mkOptionDefault
    pushDownProperties
    settleDefinitions
    sortIfOrdered
    ;

  # A type made by overriding `check` of a type with a merge of the second kind would silently lose the
  # new check, since such a merge checks by itself.
  coherent =
    loc: type: result:
    if type.check.isV2MergeCoherent or false then
      result
    else
      throw ''
        The option `${showOption loc}' has the type `${type.description}', which was made by an
        ad-hoc `type // { check = ...; }' override. That is incompatible with types whose merge
        function checks the definitions itself: the new check would never run.

        Please use `lib.types.addCheck` instead:

            lib.types.addCheck baseType (value: ...)
      '';

  undefined =
    loc: type:
    type.emptyValue.value
      or (throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.");

  wrongType =
    loc: type: details:
    throw "A definition for option `${showOption loc}' is not of type `${type.description}'. ${details}";

  # The value of settled definitions by a type whose merge checks by itself.
  checkedValue =
    loc: type: outcome:
    if outcome.headError == null then
      outcome.value
    else
      wrongType loc type "TypeError: ${outcome.headError.message}";

  # The value by any other type.
  plainValue =
    loc: type: defs:
    if all (def: type.check def.value) defs then
      type.merge loc (definitionsFor type defs)
    else
      wrongType loc type "Definition values:${showDefs (filter (def: !type.check def.value) defs)}";

  mergeSettled =
    loc: type: settled:
    let
      defs = settled.values;
      isDefined = defs != [ ];
      checksItself = type.merge ? v2;
      outcome = coherent loc type (
        type.merge.v2 {
          inherit loc;
          defs = definitionsFor type defs;
        }
      );
      mergedValue =
        if !isDefined then
          undefined loc type
        else if checksItself then
          checkedValue loc type outcome
        else
          plainValue loc type defs;
    in
    {
      inherit isDefined mergedValue;
      defsFinal' = settled;
      defsFinal = defs;
      checkedAndMerged =
        if checksItself then
          outcome
          // {
            valueMeta = outcome.valueMeta // {
              _internal = { inherit type; };
            };
          }
        else
          {
            headError = null;
            value = mergedValue;
            valueMeta = { };
          };
      optionalValue = if isDefined then { value = mergedValue; } else { };
    };

  # What is left of an option's definitions and its default. The default is looked at only when nothing
  # else is there or when some definition has a property, which saves most of the work for most options.
  settleOption =
    opt: defs:
    if !(opt ? default) then
      settleDefinitions defs
    else if defs == [ ] then
      {
        values = sortIfOrdered [ (defaultOf opt opt.default) ];
        highestPrio = 1500;
      }
    else if allPlain defs then
      {
        values = defs;
        highestPrio = defaultOverridePriority;
      }
    else
      settleDefinitions ([ (defaultOf opt (mkOptionDefault opt.default)) ] ++ defs);

  # The default as a definition, which the first declaration counts for.
  defaultOf = opt: value: {
    file = head opt.declarations;
    inherit value;
  };

  refuseSeveral =
    loc: opt: defs:
    let
      default = if opt ? default then [ (defaultOf opt (mkOptionDefault opt.default)) ] else [ ];
      merged = map (def: def // { value = (mergeDefinitions loc opt.type [ def ]).mergedValue; }) (
        default ++ defs
      );
    in
    throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${showDefs merged}";

  # Merges the definitions (`{ file, value }`) of the option at `loc` by a type.
  mergeDefinitions =
    loc: type: defs:
    mergeSettled loc type (settleDefinitions defs);
in
rec {
  inherit mergeDefinitions;

  checkV2MergeCoherence = coherent;

  # mergeDefinitions reduced to what containers need of each of their elements, with everything that depends
  # on the type only computed once for all of them.
  elementMerger =
    type:
    let
      inherit (type) merge;
      checksItself = merge ? v2;
      isCoherent = type.check.isV2MergeCoherent or false;
    in
    loc: defs:
    let
      plain = (settleDefinitions defs).values;
      isDefined = plain != [ ];
    in
    {
      inherit isDefined;
      mergedValue =
        if !isDefined then
          undefined loc type
        else if !checksItself then
          plainValue loc type plain
        else if isCoherent then
          checkedValue loc type (merge.v2 {
            inherit loc;
            defs = definitionsFor type plain;
          })
        else
          coherent loc type null;
    };

  # The option with its value: what `options.PATH` holds.
  evalOptionValue =
    loc: opt: defs:
    (evalOption loc opt defs).options;

  # The same as `options`, and beside it the value as `config`, for which the option's other attributes need not be
  # made.
  evalOption =
    loc: opt: defs:
    let
      merged =
        if opt.readOnly or false && length defs + (if opt ? default then 1 else 0) > 1 then
          refuseSeveral loc opt defs
        else
          mergeSettled loc opt.type (settleOption opt defs);
      config = addErrorContext "while evaluating the option `${showOption loc}':" (
        if opt ? apply then opt.apply merged.mergedValue else merged.mergedValue
      );
      options = opt // {
        inherit loc;
        value = config;
        inherit (merged) isDefined;
        inherit (merged.defsFinal') highestPrio;
        inherit (merged.checkedAndMerged) valueMeta;
        definitions = map (def: def.value) merged.defsFinal;
        files = map (def: def.file) merged.defsFinal;
        definitionsWithLocations = map withoutPosition merged.defsFinal;
        __toString = _: showOption loc;
      };
      warned = lib.warn "The type `types.${opt.type.name}' of option `${showOption loc}' defined in ${showFiles opt.declarations} is deprecated. ${opt.type.deprecationMessage}" options;
    in
    if opt.type.deprecationMessage or null == null then
      { inherit options config; }
    else
      {
        options = warned;
        config = warned.value;
      };

  # For an option of type attrsOf or lazyAttrsOf: every attribute with its value and its own priority.
  mergeAttrDefinitionsWithPrio =
    opt:
    let
      perSet = builtins.concatMap (
        def:
        map (mapAttrs (_: value: def // { inherit value; })) (pushDownProperties def.value)
      ) opt.definitionsWithLocations;
    in
    assert opt.type.name == "attrsOf" || opt.type.name == "lazyAttrsOf";
    builtins.zipAttrsWith (
      name: defs:
      let
        merged = mergeDefinitions (opt.loc ++ [ name ]) opt.type.nestedTypes.elemType defs;
      in
      {
        value = merged.mergedValue;
        inherit (merged.defsFinal') highestPrio;
      }
    ) perSet;
}
