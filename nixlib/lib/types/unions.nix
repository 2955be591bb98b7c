# Types made of alternatives, and those that wrap another type: either, nullOr, coercedTo, attrTag, unique.
{ lib, core }:
let
  inherit (builtins)
    all
    attrNames
    concatStringsSep
    elemAt
    filter
    foldl'
    head
    intersectAttrs
    isAttrs
    length
    mapAttrs
    tail
    unsafeGetAttrPos
    ;
  inherit (core)
    checkAndMerge
    checkingMerge
    coherentCheck
    defaultFunctor
    definitionsError
    elemTypeFunctor
    isNoun
    isNounOr
    optionDescriptionPhrase
    ownType
    writtenAt
    ;
  inherit (lib) types;
  inherit (lib.options)
    definitionsFor
    getFiles
    mergeOneOption
    mergeUniqueOption
    showDefs
    showFiles
    showOption
    ;
  inherit (lib.strings) escapeNixIdentifier escapeNixString;

  orPhrase = optionDescriptionPhrase (isNounOr "conjunction");
in
rec {
  # Not more than one definition.
  uniq = unique { message = ""; };

  # The same, with a reason in the error message.
  unique =
    { message }:
    type:
    ownType {
      name = "unique";
      inherit (type)
        description
        descriptionClass
        check
        emptyValue
        getSubOptions
        getSubModules
        ;
      merge = mergeUniqueOption {
        inherit message;
        inherit (type) merge;
      };
      substSubModules = modules: uniq (type.substSubModules modules);
      functor = elemTypeFunctor "unique" { elemType = type; } // {
        type = payload: unique { inherit message; } payload.elemType;
      };
      nestedTypes.elemType = type;
    };

  # null, or definitions of a type; never both.
  nullOr =
    elemType:
    ownType {
      name = "nullOr";
      description = "null or ${orPhrase elemType}";
      descriptionClass = "conjunction";
      check = x: x == null || elemType.check x;
      merge =
        loc: defs:
        if all (def: def.value != null) defs then
          elemType.merge loc (definitionsFor elemType defs)
        else if all (def: def.value == null) defs then
          null
        else
          throw "The option `${showOption loc}` is defined both null and not null, in ${showFiles (getFiles defs)}.";
      emptyValue.value = null;
      inherit (elemType) getSubOptions getSubModules;
      substSubModules = modules: nullOr (elemType.substSubModules modules);
      functor = elemTypeFunctor "nullOr" { inherit elemType; } // {
        type = payload: nullOr payload.elemType;
      };
      nestedTypes.elemType = elemType;
    };

  # The first of two types that accepts all definitions.
  #
  # Nested eithers, which is what oneOf makes, are tried as one row of alternatives: a value of the last
  # type does not go through the merging of every level.
  either =
    t1: t2:
    let
      alternativesOf =
        type:
        if type.merge ? alternatives && type.check.isV2MergeCoherent or false then
          type.merge.alternatives
        else
          [
            {
              inherit type;
              checksItself = type.merge ? v2;
            }
          ];
      alternatives = alternativesOf t1 ++ alternativesOf t2;
      count = length alternatives;

      firstThatFits =
        n: args:
        let
          alternative = elemAt alternatives n;
          inherit (alternative) type;
          outcome = checkAndMerge type args;
          next = firstThatFits (n + 1) args;
        in
        if n == count then
          refused args
        else if alternative.checksItself then
          if outcome.headError == null then outcome else next
        else if all (def: type.check def.value) args.defs then
          {
            headError = null;
            value = type.merge args.loc (definitionsFor type args.defs);
            valueMeta = { };
          }
        else
          next;

      refused =
        { loc, defs }:
        let
          headError.message = "The option `${showOption loc}` is neither a value of type `${t1.description}` nor `${t2.description}`, Definition values: ${showDefs defs}";
        in
        {
          inherit headError;
          valueMeta = { inherit headError; };
          # Reached only through types that merge without checking, as a freeform type may.
          value = lib.warn ''
            One or more definitions did not pass the type-check of the 'either' type.
            ${headError.message}
            If this is a freeform type, put an `attrsOf` around the `either`; else choose the right type for the option `${showOption loc}`.'' (mergeOneOption loc defs);
        };
    in
    ownType {
      name = "either";
      description =
        if t1.descriptionClass or null == "nonRestrictiveClause" then
          "${t1.description}, or ${orPhrase t2}"
        else
          "${orPhrase t1} or ${
            optionDescriptionPhrase (
              class: class == "noun" || class == "conjunction" || class == "composite"
            ) t2
          }";
      descriptionClass = "conjunction";
      check = coherentCheck (x: t1.check x || t2.check x);
      merge = checkingMerge (firstThatFits 0) // {
        inherit alternatives;
      };
      typeMerge =
        other:
        let
          left = t1.typeMerge (head other.payload.elemType).functor;
          right = t2.typeMerge (elemAt other.payload.elemType 1).functor;
        in
        if other.name == "either" && left != null && right != null then either left right else null;
      functor =
        elemTypeFunctor "either" {
          elemType = [
            t1
            t2
          ];
        }
        // {
          type = payload: either (head payload.elemType) (elemAt payload.elemType 1);
        };
      nestedTypes.left = t1;
      nestedTypes.right = t2;
    };

  # The first of several types that accepts all definitions.
  oneOf =
    list:
    if list == [ ] then
      throw "types.oneOf needs to get at least one type in its argument"
    else
      foldl' either (head list) (tail list);

  # Definitions of one type are converted by a function before a second type merges them.
  coercedTo =
    coercedType: coerce: finalType:
    let
      phrase = optionDescriptionPhrase isNoun;
      check =
        x: (coercedType.check x && finalType.check (coerce x)) || finalType.check x;
      isCoercible =
        loc: def:
        if coercedType.merge ? v2 then
          (checkAndMerge coercedType {
            inherit loc;
            defs = [ def ];
          }).headError == null
        else
          coercedType.check def.value;
    in
    assert lib.assertMsg (
      coercedType.getSubModules == null
    ) "coercedTo: coercedType must not have submodules (it is a ${coercedType.description})";
    ownType {
      name = "coercedTo";
      description = "${phrase finalType} or ${phrase coercedType} convertible to it";
      check = coherentCheck check;
      merge = checkingMerge (
        { loc, defs }:
        let
          converted = map (
            def: if isCoercible loc def then def // { value = coerce def.value; } else def
          ) defs;
          outcome = checkAndMerge finalType {
            inherit loc;
            defs = converted;
          };
        in
        if finalType.merge ? v2 then outcome else outcome // { headError = definitionsError check defs; }
      );
      inherit (finalType) emptyValue getSubOptions getSubModules;
      substSubModules = modules: coercedTo coercedType coerce (finalType.substSubModules modules);
      typeMerge = _: null;
      nestedTypes = { inherit coercedType finalType; };
    };

  # A set with exactly one of several attributes, each declared as an option.
  attrTag =
    declared:
    let
      showTag = escapeNixIdentifier;
      misdeclared =
        opt:
        if !(opt ? _type) then
          "was not."
        else if opt._type == "option-type" then
          "was a bare type, not wrapped in mkOption."
        else
          "was of type ${escapeNixString opt._type}.";
      complete =
        name: opt:
        let
          pos = unsafeGetAttrPos name declared;
        in
        builtins.addErrorContext
          "while checking that attrTag tag ${showTag name} is an option with a type${writtenAt declared name}"
          (
            if opt._type or null != "option" then
              throw "In attrTag, each tag value must be an option, but tag ${showTag name} ${misdeclared opt}"
            else
              opt
              // {
                declarations = opt.declarations or (if pos == null then [ ] else [ pos.file ]);
                declarationPositions = opt.declarationPositions or (if pos == null then [ ] else [ pos ]);
              }
          );
      tags = mapAttrs complete declared;
      choices = concatStringsSep ", " (map showTag (attrNames tags));
      tagOf = value: head (attrNames value);
    in
    ownType {
      name = "attrTag";
      description = "attribute-tagged union with choices: ${choices}";
      descriptionClass = "noun";
      check = x: isAttrs x && length (attrNames x) == 1 && tags ? ${tagOf x};
      merge =
        loc: defs:
        let
          tag = tagOf (head defs).value;
          others = filter (def: tagOf def.value != tag) defs;
          files = showFiles (getFiles defs);
        in
        if others != [ ] then
          throw "The option `${showOption loc}` is defined both as `${tag}` and `${tagOf (head others).value}`, in ${files}."
        else if !(tags ? ${tag}) then
          throw "The option `${showOption loc}` is defined as ${showTag tag}, but ${showTag tag} is not among the valid choices (${choices}). Value ${tag} was defined in ${files}."
        else
          {
            ${tag} =
              (lib.modules.evalOptionValue (loc ++ [ tag ]) tags.${tag} (
                map (def: {
                  inherit (def) file;
                  value = def.value.${tag};
                  pos = builtins.unsafeGetAttrPos tag def.value;
                }) defs
              )).value;
          };
      getSubOptions = prefix: mapAttrs (name: opt: opt // { loc = prefix ++ [ name ]; }) tags;
      nestedTypes = tags;
      functor = defaultFunctor "attrTag" // {
        type = payload: attrTag payload.tags;
        payload = { inherit tags; };
        binOp =
          a: b:
          let
            asDeclaration = opt: {
              options = opt;
              _file = "<attrTag {...}>";
              pos = null;
            };
            both =
              name: other:
              let
                this = a.tags.${name};
              in
              lib.modules.mergeOptionDecls [ name ] [ (asDeclaration this) (asDeclaration other) ]
              // {
                declarations = this.declarations ++ other.declarations;
                declarationPositions = this.declarationPositions ++ other.declarationPositions;
              };
          in
          {
            tags = a.tags // b.tags // mapAttrs both (intersectAttrs a.tags b.tags);
          };
      };
    };

  # Whatever a data format can hold: scalars, lists and sets of them, null if the format has it.
  serializableValueWith =
    {
      typeName,
      nullable ? true,
    }:
    let
      some = oneOf [
        types.bool
        types.int
        types.float
        types.str
        types.path
        (types.attrsOf value)
        (types.listOf value)
      ];
      value = (if nullable then nullOr some else some) // {
        description = "${typeName} value";
      };
    in
    value;

  # What JSON, or TOML, can hold.
  json = serializableValueWith { typeName = "JSON"; };
  toml = serializableValueWith {
    typeName = "TOML";
    nullable = false;
  };
}
