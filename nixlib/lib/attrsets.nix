# Attribute sets: paths into them, mapping, merging, and sets that are packages.
{ lib }:
let
  inherit (builtins)
    all
    attrNames
    attrValues
    catAttrs
    concatMap
    concatStringsSep
    elemAt
    filter
    foldl'
    groupBy
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    mapAttrs
    partition
    removeAttrs
    zipAttrsWith
    ;
  inherit (lib.lists) foldl foldr take;

  # Follows a path from index n on: `found` of what is there, or the default.
  follow =
    found: default: path:
    let
      count = length path;
      from =
        n: value:
        if n == count then
          found value
        else
          let
            name = elemAt path n;
          in
          if value ? ${name} then from (n + 1) value.${name} else default;
    in
    from 0;
in
rec {
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;

  # Paths.

  # The value at a path, or a default.
  attrByPath = path: default: follow (value: value) default path;

  # Whether a path leads somewhere.
  hasAttrByPath = follow (_: true) false;

  # The longest beginning of a path that leads somewhere.
  longestValidPathPrefix =
    path:
    let
      count = length path;
      from =
        n: value:
        if n < count && value ? ${elemAt path n} then from (n + 1) value.${elemAt path n} else take n path;
    in
    from 0;

  # A set with one value, at a path.
  setAttrByPath =
    path: value:
    let
      count = length path;
      from = n: if n == count then value else { ${elemAt path n} = from (n + 1); };
    in
    from 0;

  # The value at a path; without one, evaluation is aborted.
  getAttrFromPath =
    path:
    attrByPath path (abort "cannot find attribute '${concatStringsSep "." path}'");

  # A path as Nix code.
  showAttrPath =
    path:
    if path == [ ] then
      "<root attribute path>"
    else
      concatStringsSep "." (map lib.strings.escapeNixIdentifier path);

  # Changes a value at several paths: a list of `{ path, update }`. What lies deeper is changed first.
  updateManyAttrsByPath =
    let
      # `value` is a list with the present value, or empty when there is none.
      change =
        depth: value: updates:
        let
          split = partition (update: length update.path == depth) updates;
          deeper = groupBy (update: elemAt update.path depth) split.wrong;
          shown = showAttrPath (head updates).path;
          changed =
            if split.wrong == [ ] then
              if value == [ ] then
                throw "updateManyAttrsByPath: the update of '${shown}' uses the old value, and there is none."
              else
                head value
            else if value == [ ] then
              mapAttrs (_: change (depth + 1) [ ]) deeper
            else if isAttrs (head value) then
              head value
              // mapAttrs (
                name: change (depth + 1) (if head value ? ${name} then [ (head value).${name} ] else [ ])
              ) deeper
            else
              throw "updateManyAttrsByPath: '${showAttrPath (head split.wrong).path}' cannot be updated: '${
                showAttrPath (take depth (head split.wrong).path)
              }' is no attribute set.";
        in
        foldl (result: update: update.update result) changed split.right;
    in
    updates: value: if updates == [ ] then value else change 0 [ value ] updates;

  # Choosing.

  # The values of some names, in order of the names.
  attrVals = names: set: map (name: set.${name}) names;

  # The set reduced to some names, all of which it has to have.
  getAttrs = names: set: genAttrs names (name: set.${name});

  # The set, or an empty one.
  optionalAttrs = condition: set: if condition then set else { };

  # Keeps the attributes whose name and value satisfy a predicate.
  filterAttrs =
    keep: set: removeAttrs set (filter (name: !keep name set.${name}) (attrNames set));

  # The same at every level of nested sets.
  filterAttrsRecursive =
    keep: set:
    mapAttrs (_: value: if isAttrs value then filterAttrsRecursive keep value else value) (
      filterAttrs keep set
    );

  # All values in nested sets that satisfy a predicate; what is below them is not looked at.
  collect =
    predicate: value:
    if predicate value then
      [ value ]
    else if isAttrs value then
      concatMap (collect predicate) (attrValues value)
    else
      [ ];

  # Mapping.

  # An attribute as listToAttrs takes it.
  nameValuePair = name: value: { inherit name value; };

  # Maps every attribute to a new name and value.
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);

  # Maps every attribute to an element of a list.
  mapAttrsToList = f: set: attrValues (mapAttrs f set);

  # All attributes as a list of `{ name, value }`.
  attrsToList = mapAttrsToList nameValuePair;

  # A set of some names, the values made from them.
  genAttrs =
    names: f:
    listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) names
    );

  # A set from a list, a function giving name and value for each element.
  genAttrs' = list: f: listToAttrs (map f list);

  # Maps each attribute to a set and unites them.
  concatMapAttrs = f: set: { } // mergeAttrsList (mapAttrsToList f set);

  # Maps all that is not a set, with its path.
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);

  # The same, taking sets that do not satisfy the condition as values.
  mapAttrsRecursiveCond =
    condition: f:
    let
      from =
        path:
        mapAttrs (
          name: value:
          let
            here = path ++ [ name ];
          in
          if isAttrs value && condition value then from here value else f here value
        );
    in
    from [ ];

  # Maps everything in nested sets that is not a set, with its path, to a list.
  mapAttrsToListRecursive = mapAttrsToListRecursiveCond (_: _: true);

  # The same, taking sets that do not satisfy a condition on path and value as values.
  mapAttrsToListRecursiveCond =
    condition: f:
    let
      from =
        path: set:
        concatMap (
          name:
          let
            here = path ++ [ name ];
            value = set.${name};
          in
          if isAttrs value && condition here value then from here value else [ (f here value) ]
        ) (attrNames set);
    in
    from [ ];

  # A left fold over names and values, in order of names.
  foldlAttrs =
    f: start: set:
    foldl' (result: name: f result name set.${name}) start (attrNames set);

  # Folds the values of several sets by name, from the right.
  foldAttrs =
    op: start: sets: zipAttrsWith (_: foldr op start) sets;

  # All sets with one element of each list.
  cartesianProduct =
    lists:
    foldl' (sets: name: concatMap (set: map (x: set // { ${name} = x; }) lists.${name}) sets) [ { } ] (
      attrNames lists
    );

  # Maps each of those sets.
  mapCartesianProduct = f: lists: map f (cartesianProduct lists);

  # Merging.

  # The values of several sets as lists, by name.
  zipAttrs = zipAttrsWith (_: values: values);

  # zipAttrsWith for some names only.
  zipAttrsWithNames =
    names: f: sets:
    genAttrs names (name: f name (catAttrs name sets));

  # All sets united, later ones winning; halves are merged first, which copies less.
  mergeAttrsList =
    list:
    let
      between =
        start: end:
        if end - start == 1 then
          elemAt list start
        else
          let
            middle = (start + end) / 2;
          in
          between start middle // between middle end;
    in
    if list == [ ] then { } else between 0 (length list);

  # Merges two sets at every level until a predicate on path and both values says to stop.
  recursiveUpdateUntil =
    stop:
    let
      merge =
        path: lhs: rhs:
        lhs
        // rhs
        // mapAttrs (
          name: old:
          let
            here = path ++ [ name ];
            new = rhs.${name};
          in
          if stop here old new then new else merge here old new
        ) (intersectAttrs rhs lhs);
    in
    merge [ ];

  # Merges two sets at every level, the second winning.
  recursiveUpdate = recursiveUpdateUntil (_: lhs: rhs: !(isAttrs lhs && isAttrs rhs));

  # The old set with values of the new one where both have the name.
  overrideExisting = old: new: mapAttrs (name: value: new.${name} or value) old;

  # The union of two sets without common names; reading a name both have is an error.
  unionOfDisjoint =
    a: b:
    let
      common = intersectAttrs a b;
      names = concatStringsSep " " (attrNames common);
    in
    a // b // mapAttrs (name: _: throw "unionOfDisjoint: collision on ${name}; complete list: ${names}") common;

  # Whether a set has all that a pattern has, at every level.
  matchAttrs =
    pattern: set:
    assert isAttrs pattern;
    all (
      name:
      let
        wanted = pattern.${name};
        found = set.${name};
      in
      set ? ${name}
      && (if isAttrs wanted then isAttrs found && matchAttrs wanted found else wanted == found)
    ) (attrNames pattern);

  # Packages.

  isDerivation = value: value.type or null == "derivation";

  # A store path as something with the attributes of a derivation.
  toDerivation =
    path:
    let
      outPath = builtins.storePath path;
      result = {
        type = "derivation";
        name = lib.strings.sanitizeDerivationName (builtins.substring 33 (-1) (baseNameOf outPath));
        inherit outPath;
        outputs = [ "out" ];
        out = result;
        outputName = "out";
      };
    in
    result;

  # One output of a package, `out` if it has none of that name; a package of which an output was chosen
  # already is left alone.
  getOutput =
    output: package:
    if package.outputSpecified or false then package else package.${output} or package.out or package;

  # The first of several outputs that the package has.
  getFirstOutput =
    candidates: package:
    let
      outputs = filter (name: hasAttr name package) candidates;
    in
    if package.outputSpecified or false || outputs == [ ] then package else package.${head outputs};

  # The output with programs, with libraries, with headers, with manual pages.
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getDev = getOutput "dev";
  getMan = getOutput "man";

  # The output with static libraries.
  getStatic = getFirstOutput [
    "static"
    "lib"
    "out"
  ];

  # The output with headers only.
  getInclude = getFirstOutput [
    "include"
    "dev"
    "out"
  ];

  # The development outputs of several packages.
  chooseDevOutputs = map getDev;

  # Marks a set as one in which tools look for packages, or do not.
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = set: set // { recurseForDerivations = false; };
}
