# What a type is, and the ways to derive one type from another.
#
# A type's merge is either a function `loc: defs: value`, run after `check` accepted every definition, or a
# functor with an attribute `v2`, a function from `{ loc, defs }` to `{ headError, value, valueMeta }` that
# checks by itself: `headError` is null or `{ message }`.
#
# Definitions are `{ file, value, pos }`, where nixpkgs has no `pos` and functions written for it may not accept one:
# only a functor with `takesPositions` gets it.
{ lib }:
let
  inherit (builtins)
    all
    filter
    unsafeGetAttrPos
    ;
  inherit (lib.options) definitionsFor mergeDefaultOption showDefs;
in
rec {
  # Whether a value is tagged with a name, and tagging it.
  isType = name: x: x._type or "" == name;

  setType = name: value: value // { _type = name; };

  # Whether a value is a type.
  isOptionType = isType "option-type";

  # Two types merge when they have the same name and, if they have parameters (`payload`), those merge.
  defaultTypeMerge =
    f: f':
    let
      payload = f.binOp f.payload f'.payload;
    in
    if f.name != f'.name then
      null
    else if f.payload == null then
      assert f'.payload == null;
      f.type
    else
      assert f'.payload != null;
      if payload == null then null else f.type payload;

  # How a type can be made again, for merging: here for types without parameters.
  defaultFunctor = name: {
    inherit name;
    type = lib.types.${name} or null;
    payload = null;
    binOp = _: _: null;
  };

  # The functor of a type with one element type.
  elemTypeFunctor = name: payload: {
    inherit name payload;
    type = lib.types.${name};
    binOp =
      a: b:
      let
        elemType = a.elemType.typeMerge b.elemType.functor;
      in
      if elemType == null then null else { inherit elemType; };
  };

  # A type from its parts; `name` is the only one without a default.
  mkOptionType =
    {
      name,
      description ? name,
      descriptionClass ? null,
      check ? (_: true),
      merge ? mergeDefaultOption,
      emptyValue ? { },
      getSubOptions ? (_: { }),
      getSubModules ? null,
      substSubModules ? (_: null),
      functor ? defaultFunctor name,
      typeMerge ? defaultTypeMerge functor,
      deprecationMessage ? null,
      nestedTypes ? { },
    }:
    {
      _type = "option-type";
      description = if description == null then name else description;
      inherit
        name
        descriptionClass
        check
        merge
        emptyValue
        getSubOptions
        getSubModules
        substSubModules
        functor
        typeMerge
        deprecationMessage
        nestedTypes
        ;
    };

  # A type whose merge, if a function, takes positions: what the library's own types are made with.
  ownType =
    parts:
    let
      type = mkOptionType parts;
    in
    if type.merge ? takesPositions then
      type
    else
      type
      // {
        merge = {
          takesPositions = true;
          __functor = _: type.merge;
        };
      };

  # A type's description as part of another one's, in parentheses unless its class makes it clear.
  optionDescriptionPhrase =
    isClear: type:
    if isClear (type.descriptionClass or null) then type.description else "(${type.description})";

  # Descriptions that need no parentheses.
  isNoun = class: class == "noun";
  isNounOr = other: class: class == "noun" || class == other;

  # The `headError` of definitions that a predicate does not accept.
  definitionsError =
    check: defs:
    if all (def: check def.value) defs then
      null
    else
      { message = "Definition values: ${showDefs (filter (def: !check def.value) defs)}"; };

  # Makes a checking merge out of its v2 function.
  checkingMerge = v2: {
    inherit v2;
    takesPositions = true;
    __functor =
      _: loc: defs:
      (v2 { inherit loc defs; }).value;
  };

  # A check that goes with such a merge.
  coherentCheck = check: {
    __functor = _: check;
    isV2MergeCoherent = true;
  };

  # The outcome of merging by a type of either kind.
  checkAndMerge =
    type: args:
    if type.merge ? v2 then
      lib.modules.checkV2MergeCoherence args.loc type (
        type.merge.v2 (args // { defs = definitionsFor type args.defs; })
      )
    else
      {
        headError = definitionsError type.check args.defs;
        value = type.merge args.loc (definitionsFor type args.defs);
        valueMeta = { };
      };

  # A type narrowed by a predicate.
  addCheck =
    type: predicate:
    let
      check = x: type.check x && predicate x;
    in
    if type.merge ? v2 then
      type
      // {
        check = coherentCheck check;
        merge = checkingMerge (
          { loc, defs }@args:
          let
            outcome = checkAndMerge type args;
          in
          outcome
          // {
            headError =
              if outcome.headError != null then outcome.headError else definitionsError check args.defs;
          }
        );
      }
    else
      type // { inherit check; };

  # The merger of two types, or a value of type "merge-error".
  mergeTypes =
    a: b:
    assert isOptionType a && isOptionType b;
    let
      merged = a.typeMerge b.functor;
    in
    if merged == null then setType "merge-error" { error = "Cannot merge types"; } else merged;

  # Where an attribute was written, for messages; empty when unknown.
  writtenAt =
    set: name:
    let
      pos = unsafeGetAttrPos name set;
    in
    if pos == null then "" else " at ${pos.file}:${toString pos.line}:${toString pos.column}";
}
