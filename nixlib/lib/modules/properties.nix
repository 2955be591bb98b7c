# Properties: the wrappers a definition may carry (conditions, merges, priorities, order, an explicit
# file) and the operations that resolve them before a type sees plain values.
{ lib }:
let
  inherit (builtins)
    all
    any
    concatMap
    foldl'
    head
    isAttrs
    isBool
    length
    mapAttrs
    sort
    ;

  propertyOf = value: value._type or "";

  priorityOf =
    def: if def.value._type or "" == "override" then def.value.priority else defaultOverridePriority;

  withoutOverride =
    def: if def.value._type or "" == "override" then def // { value = def.value.content; } else def;

  defaultOverridePriority = 100;
  defaultOrderPriority = 1000;

  # A definition with a priority; the lowest number wins.
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };

  # A definition with a place among its siblings.
  mkOrder = priority: content: {
    _type = "order";
    inherit priority content;
  };

  # A definition that counts only when a condition holds, which may depend on `config`.
  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
in
rec {
  inherit
    defaultOrderPriority
    defaultOverridePriority
    mkIf
    mkOrder
    mkOverride
    ;

  # mkIf that stops the evaluation with a message instead of dropping the content.
  mkAssert =
    assertion: message: content:
    mkIf (assertion || throw "\nFailed assertion: ${message}") content;

  # Several definitions in the place of one.
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };

  # A definition that names the file it should be attributed to in messages.
  mkDefinition = definition@{ file, value, ... }: definition // { _type = "definition"; };

  # Priorities, lowest number wins. Plain definitions have 100.
  mkOptionDefault = mkOverride 1500;

  # What modules give so that users can change it without mkForce.
  mkDefault = mkOverride 1000;

  # What installation media set, above the configuration they start from.
  mkImageMediaOverride = mkOverride 60;

  # What wins over plain definitions.
  mkForce = mkOverride 50;

  # What a virtual machine of a configuration sets.
  mkVMOverride = mkOverride 10;

  # Kept because old modules call it: an identity function today.
  mkFixStrictness = lib.warn "lib.mkFixStrictness does nothing and is about to go; its calls can be deleted." (
    x: x
  );

  # Places of definitions among their siblings in lists and lines. Plain definitions have 1000.
  mkBefore = mkOrder 500;

  # Behind plain definitions.
  mkAfter = mkOrder 1500;

  # Applies a function to the values inside a definition, below any properties.
  mapDefinitionValue =
    f: value:
    let
      inner = mapDefinitionValue f;
      type = propertyOf value;
    in
    if type == "merge" then
      value // { contents = map inner value.contents; }
    else if type == "if" || type == "override" || type == "order" then
      value // { content = inner value.content; }
    else if type == "definition" then
      value // { value = inner value.value; }
    else
      f value;

  # Moves the properties that wrap a whole set onto each of its attributes, so that the attributes can be
  # looked at without knowing the conditions. The result is a list of sets.
  pushDownProperties =
    value:
    let
      type = value._type or "";
      onAttributes = wrap: map (v: if isAttrs v then mapAttrs (_: wrap) v else v);
    in
    if type == "" then
      [ value ]
    else if type == "merge" then
      concatMap pushDownProperties value.contents
    else if type == "if" then
      onAttributes (mkIf value.condition) (pushDownProperties value.content)
    else if type == "override" then
      onAttributes (mkOverride value.priority) (pushDownProperties value.content)
    else
      [ value ];

  # Resolves conditions and merges, giving the list of values that remain.
  dischargeProperties =
    value:
    let
      type = value._type or "";
    in
    if type == "merge" then
      concatMap dischargeProperties value.contents
    else if type == "if" then
      if !isBool value.condition then
        throw "‘mkIf’ called with a non-Boolean condition"
      else if value.condition then
        dischargeProperties value.content
      else
        [ ]
    else
      [ value ];

  # Keeps the definitions of the winning priority, without their override wrapper.
  filterOverrides = defs: (filterOverrides' defs).values;

  # The same, telling the winning priority too.
  filterOverrides' =
    defs:
    let
      highestPrio = foldl' (
        best: def:
        let
          priority = priorityOf def;
        in
        if priority < best then priority else best
      ) 9999 defs;
    in
    if length defs == 1 then
      {
        highestPrio = priorityOf (head defs);
        values = map withoutOverride defs;
      }
    else
      {
        inherit highestPrio;
        values = concatMap (
          def: if priorityOf def == highestPrio then [ (withoutOverride def) ] else [ ]
        ) defs;
      };

  # Orders definitions by mkOrder, keeping the given order among equals, and removes the wrapper.
  sortProperties =
    defs:
    let
      unwrapped = map (
        def:
        if def.value._type or "" == "order" then
          def
          // {
            value = def.value.content;
            inherit (def.value) priority;
          }
        else
          def
      ) defs;
      place = def: def.priority or defaultOrderPriority;
    in
    sort (a: b: place a < place b) unwrapped;

  # sortProperties for definitions that may well have no order at all.
  sortIfOrdered =
    defs: if any (def: def.value._type or "" == "order") defs then sortProperties defs else defs;

  # Whether no definition carries a property, which is the case for nearly all of them.
  allPlain = all (
    def:
    builtins.addErrorContext "while evaluating definitions from `${def.file}':" (!def.value ? _type)
  );

  # From definitions as written to those that count: `values`, in order and without properties, and the
  # priority they share.
  settleDefinitions =
    defs:
    if allPlain defs then
      {
        values = defs;
        highestPrio = if length defs == 0 then 9999 else defaultOverridePriority;
      }
    else
      let
        normalised = concatMap (
          def:
          map
            (
              value:
              if propertyOf value == "definition" then
                value
              else
                {
                  inherit (def) file;
                  inherit value;
                  pos = def.pos or null;
                }
            )
            (
              builtins.addErrorContext "while evaluating definitions from `${def.file}':" (
                dischargeProperties def.value
              )
            )
        ) defs;
        winners = filterOverrides' normalised;
      in
      {
        values = sortIfOrdered winners.values;
        inherit (winners) highestPrio;
      };
}
