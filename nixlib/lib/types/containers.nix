# Types of collections: lists, attribute sets, functions. Each element is merged by the element type.
{ lib, core }:
let
  inherit (builtins)
    all
    attrNames
    concatMap
    filter
    foldl'
    head
    isAttrs
    isList
    length
    mapAttrs
    removeAttrs
    sort
    typeOf
    unsafeGetAttrPos
    zipAttrsWith
    ;
  inherit (core)
    addCheck
    checkingMerge
    coherentCheck
    definitionsError
    elemTypeFunctor
    isNoun
    isNounOr
    isType
    optionDescriptionPhrase
    ownType
    ;
  inherit (lib) imap1;
  inherit (lib.options) showDefs showOption;
  inherit (lib.modules)
    defaultOrderPriority
    defaultOverridePriority
    elementMerger
    mergeDefinitions
    mkDefinition
    mkOrder
    mkOverride
    ;

  ofElements = optionDescriptionPhrase (isNounOr "composite");

  # Applies a function to every attribute of the definitions: its name and its own definitions.
  forAttributes =
    f: defs:
    let
      located =
        def:
        mapAttrs (name: value: {
          inherit (def) file;
          inherit value;
          pos = unsafeGetAttrPos name def.value;
        }) def.value;
      inherit (head defs) file value;
      attributes = value;
    in
    if length defs == 1 then
      mapAttrs (
        name: value:
        f name [
          {
            inherit file value;
            pos = unsafeGetAttrPos name attributes;
          }
        ]
      ) attributes
    else
      zipAttrsWith f (map located defs);

  # The same for every element of lists: the element's place and its only definition. An element has no
  # position of its own, so it goes by the list's.
  forElements =
    f: defs:
    builtins.concatLists (
      imap1 (
        n: def:
        let
          inherit (def) file;
          pos = def.pos or null;
        in
        imap1 (
          m: value:
          f "[definition ${toString n}-entry ${toString m}]" [
            {
              inherit file value pos;
            }
          ]
        ) def.value
      ) defs
    );
in
rec {
  # Definitions are concatenated; elements whose condition is false are left out.
  listOf =
    elemType:
    let
      check = isList;
      mergeElement = elementMerger elemType;
    in
    ownType {
      name = "listOf";
      description = "list of ${ofElements elemType}";
      descriptionClass = "composite";
      check = coherentCheck check;
      merge = checkingMerge (
        { loc, defs }:
        {
          headError = definitionsError check defs;
          value = map (element: element.mergedValue) (
            filter (element: element.isDefined) (forElements (place: mergeElement (loc ++ [ place ])) defs)
          );
          valueMeta.list = map (element: element.checkedAndMerged.valueMeta) (
            filter (element: element.isDefined) (
              forElements (place: mergeDefinitions (loc ++ [ place ]) elemType) defs
            )
          );
        }
      );
      emptyValue.value = [ ];
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: listOf (elemType.substSubModules modules);
      functor = elemTypeFunctor "listOf" { inherit elemType; } // {
        type = payload: listOf payload.elemType;
      };
      nestedTypes.elemType = elemType;
    };

  # A list with at least one element in the end.
  nonEmptyListOf =
    elemType:
    let
      list = addCheck (listOf elemType) (x: x != [ ]);
    in
    list
    // {
      description = "non-empty ${optionDescriptionPhrase isNoun list}";
      emptyValue = { };
      substSubModules = modules: nonEmptyListOf (elemType.substSubModules modules);
    };

  # Attributes whose condition is false are left out, which takes evaluating all conditions.
  attrsOf = elemType: attrsWith { inherit elemType; };

  # Attributes are there whatever their condition, so that they may depend on each other.
  lazyAttrsOf =
    elemType:
    attrsWith {
      inherit elemType;
      lazy = true;
    };

  # Both of them; `placeholder` is how manuals show the attribute name.
  attrsWith =
    {
      elemType,
      lazy ? false,
      placeholder ? "name",
    }:
    let
      check = isAttrs;
      mergeElement = elementMerger elemType;
      present =
        merged:
        let
          absent = filter (name: !merged.${name}.isDefined) (attrNames merged);
        in
        if absent == [ ] then merged else removeAttrs merged absent;
      lazyValue =
        element:
        if element.isDefined then element.mergedValue else elemType.emptyValue.value or element.mergedValue;
    in
    ownType {
      name = if lazy then "lazyAttrsOf" else "attrsOf";
      description = "${if lazy then "lazy attribute set" else "attribute set"} of ${ofElements elemType}";
      descriptionClass = "composite";
      check = coherentCheck check;
      merge = checkingMerge (
        { loc, defs }:
        let
          merged = forAttributes (name: mergeElement (loc ++ [ name ])) defs;
          detailed = forAttributes (name: mergeDefinitions (loc ++ [ name ]) elemType) defs;
        in
        {
          headError = definitionsError check defs;
          value =
            if lazy then
              mapAttrs (_: lazyValue) merged
            else
              mapAttrs (_: element: element.mergedValue) (present merged);
          valueMeta.attrs = mapAttrs (_: element: element.checkedAndMerged.valueMeta) (
            if lazy then detailed else present detailed
          );
        }
      );
      emptyValue.value = { };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<${placeholder}>" ]);
      inherit (elemType) getSubModules;
      substSubModules =
        modules:
        attrsWith {
          elemType = elemType.substSubModules modules;
          inherit lazy placeholder;
        };
      functor = {
        name = "attrsWith";
        type = attrsWith;
        payload = { inherit elemType lazy placeholder; };
        binOp =
          a: b:
          let
            merged = a.elemType.typeMerge b.elemType.functor;
            named =
              if a.placeholder == b.placeholder || b.placeholder == "name" then
                a.placeholder
              else if a.placeholder == "name" then
                b.placeholder
              else
                null;
          in
          if merged == null || a.lazy != b.lazy || named == null then
            null
          else
            {
              elemType = merged;
              inherit (a) lazy;
              placeholder = named;
            };
      };
      nestedTypes.elemType = elemType;
    };

  # The old type of "a list or a set"; only sets are left of it.
  loaOf =
    elemType:
    attrsOf elemType
    // {
      name = "loaOf";
      deprecationMessage = "Lists in the place of attribute sets are no longer possible; use `types.attrsOf` instead. See https://github.com/NixOS/nixpkgs/issues/1800 for the reasons.";
    };

  # A function; definitions are merged by result.
  functionTo =
    elemType:
    ownType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${ofElements elemType}";
      descriptionClass = "composite";
      check = lib.isFunction;
      merge = loc: defs: {
        __functionArgs = zipAttrsWith (_: all (x: x)) (map (def: lib.functionArgs def.value) defs);
        __functor =
          _: argument:
          (mergeDefinitions (loc ++ [ "<function body>" ]) elemType (
            map (def: def // { value = def.value argument; }) defs
          )).mergedValue;
      };
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "<function body>" ]);
      inherit (elemType) getSubModules;
      substSubModules = modules: functionTo (elemType.substSubModules modules);
      functor = elemTypeFunctor "functionTo" { inherit elemType; } // {
        type = payload: functionTo payload.elemType;
      };
      nestedTypes.elemType = elemType;
    };

  # A list of sets with one attribute each: attributes in an order, with repetition.
  attrListOf = elemType: attrListWith { inherit elemType; };

  # The same; with `asAttrs` the value is a set, in which `mergeAttrValues` joins what has the same name.
  attrListWith =
    {
      elemType,
      asAttrs ? false,
      mergeAttrValues ? (_: values: values),
    }:
    let
      description = "attribute list of ${ofElements elemType}";
      check = x: isList x || isAttrs x;

      # An item's value without order, and the order and priority it was given. What an override holds is
      # not looked at here: an item that loses is never evaluated.
      unwrap =
        value:
        let
          inner = unwrap value.content;
        in
        if isType "order" value then
          inner // { prio = value.priority; }
        else if isType "override" value then
          {
            inherit (inner) prio;
            overridePrio = value.priority;
            value = mkOverride value.priority inner.value;
          }
        else
          {
            inherit value;
            prio = defaultOrderPriority;
            overridePrio = defaultOverridePriority;
          };

      itemOf =
        loc: def: element:
        let
          ordered = isType "order" element;
          item = if ordered then element.content else element;
          names = attrNames item;
          key = head names;
          found = unwrap item.${key};
        in
        if isAttrs item && length names == 1 then
          found
          // {
            inherit key;
            inherit (def) file;
            pos = def.pos or null;
            prio = if ordered then element.priority else found.prio;
          }
        else
          throw "A definition for option `${showOption loc}' is not of type `${description}'. Each list element must be ${
            if isAttrs item then
              "a single-key attribute set, but got ${toString (length names)} keys"
            else
              "an attribute set, but got ${typeOf item}"
          }.${
            showDefs [ (def // { value = element; }) ]
          }";

      itemsOf =
        loc: def:
        if isList def.value then
          map (itemOf loc def) def.value
        else
          map (
            key:
            unwrap def.value.${key}
            // {
              inherit (def) file;
              inherit key;
              pos = unsafeGetAttrPos key def.value;
            }
          ) (attrNames def.value);
    in
    ownType {
      name = "attrListOf";
      inherit description;
      descriptionClass = "composite";
      check = coherentCheck check;
      merge = checkingMerge (
        { loc, defs }:
        let
          items = concatMap (itemsOf loc) defs;
          winning = foldl' (
            best: item:
            if item.overridePrio < best.${item.key} or defaultOverridePriority then
              best // { ${item.key} = item.overridePrio; }
            else
              best
          ) { } items;
          wins = item: item.overridePrio == winning.${item.key} or defaultOverridePriority;
          merged = filter (item: item.result.isDefined) (
            map (item: {
              inherit (item) key file prio;
              result = mergeDefinitions (loc ++ [ item.key ]) elemType [
                { inherit (item) file value pos; }
              ];
            }) (sort (a: b: a.prio < b.prio) (filter wins items))
          );
          single = item: { ${item.key} = item.result.mergedValue; };
          list = map single merged;
        in
        {
          headError = definitionsError check defs;
          value = if asAttrs then zipAttrsWith mergeAttrValues list else list;
          valueMeta = {
            attrList = map (item: item.result.checkedAndMerged.valueMeta) merged;
            attrListValue = list;
            definitions = map (
              item:
              mkDefinition {
                inherit (item) file;
                value = mkOrder item.prio (single item);
              }
            ) merged;
          };
        }
      );
      emptyValue.value = if asAttrs then { } else [ ];
      getSubOptions = prefix: elemType.getSubOptions (prefix ++ [ "*" ]);
      inherit (elemType) getSubModules;
      substSubModules =
        modules:
        attrListWith {
          inherit asAttrs mergeAttrValues;
          elemType = elemType.substSubModules modules;
        };
      typeMerge = _: null;
      nestedTypes.elemType = elemType;
    };
}
