# Functions of the distant past that some package sets still call.
{ lib }:
let
  inherit (builtins)
    all
    any
    elem
    elemAt
    filter
    foldl'
    genericClosure
    getEnv
    head
    isAttrs
    isBool
    isList
    mapAttrs
    tail
    ;
  inherit (lib) toList unique;
in
rec {
  # An environment variable, or a default when it is empty.
  maybeEnv =
    name: default:
    let
      value = getEnv name;
    in
    if value == "" then default else value;

  defaultMergeArg = old: new: if isAttrs new then new else new old;
  defaultMerge = old: new: old // defaultMergeArg old new;

  # Calls a function with arguments merged into those so far; the result can be called again.
  foldArgs =
    merge: f: start: new:
    let
      arguments = merge start (defaultMergeArg start new);
      result = setAttrMerge "passthru" { } (f arguments) (
        passthru:
        passthru
        // {
          function = foldArgs merge f arguments;
          args = passthru.args or { } // new;
        }
      );
    in
    result // { override = result.passthru.function; };

  maybeAttr =
    name: default: set:
    set.${name} or default;
  maybeAttrNullable = maybeAttr;

  # The value, or the empty value of its type.
  ifEnable =
    condition: value:
    if condition then
      value
    else if isList value then
      [ ]
    else if isAttrs value then
      { }
    else if isBool value then
      false
    else
      null;

  # Whether a flag is set, as an attribute or in the list `flags`.
  checkFlag =
    set: name:
    if name == "true" || name == "false" then
      name == "true"
    else
      elem name (set.flags or [ ]) || set.${name} or false;

  getValue =
    set: pairs: name:
    let
      found = filter (pair: head pair == name) pairs;
    in
    set.${name} or (
      if checkFlag set name then
        true
      else if found == [ ] then
        null
      else
        elemAt (head found) 1
    );

  # Whether all requirements (a flag and what it needs) are met.
  checkReqs =
    set: pairs:
    all (
      requirement:
      !checkFlag set (head requirement)
      || all (
        name:
        let
          value = getValue set pairs name;
        in
        value != null && value != false
      ) (tail requirement)
    );

  # The elements of a list that are not in `acc`, each once.
  uniqList =
    {
      inputList,
      acc ? [ ],
    }:
    filter (x: !elem x acc) (unique inputList);

  uniqListExt =
    {
      inputList,
      outputList ? [ ],
      getter ? (x: x),
      compare ? (x: y: x == y),
    }:
    foldl' (
      seen: x: if any (y: compare (getter y) (getter x)) seen then seen else seen ++ [ x ]
    ) outputList inputList;

  # A name with the suffixes whose conditions, standing before them in the list, a predicate accepts.
  condConcat =
    name: list: accepts:
    if list == [ ] then
      name
    else
      condConcat (if accepts (head list) then name + elemAt list 1 else name) (tail (tail list)) accepts;

  lazyGenericClosure =
    { startSet, operator }:
    let
      walk =
        todo: keys: done:
        if todo == [ ] then
          done
        else if elem (head todo).key keys then
          walk (tail todo) keys done
        else
          walk (tail todo ++ operator (head todo)) ([ (head todo).key ] ++ keys) ([ (head todo) ] ++ done);
    in
    walk startSet [ ] [ ];

  # Collects sets given one after the other until null.
  innerModifySumArgs =
    f: more: sum: new:
    if new == null then f sum new // more else innerModifySumArgs f more (sum // new);
  modifySumArgs = f: more: innerModifySumArgs f more { };

  # Packages and those they propagate, each once, told apart by their paths.
  closePropagation = closePropagationFast;
  closePropagationFast =
    packages:
    let
      node = package: {
        key = package.outPath;
        val = package;
      };
      nodes = list: map node (filter (package: package != null) list);
    in
    map (item: item.val) (genericClosure {
      startSet = nodes packages;
      operator =
        item:
        if isAttrs item.val then
          nodes (item.val.propagatedBuildInputs or [ ] ++ item.val.propagatedNativeBuildInputs or [ ])
        else
          [ ];
    });

  # The same for values without paths, compared as a whole, in another order: the last found come first.
  closePropagationSlow = packages: uniqList { inputList = innerClosePropagation [ ] packages; };
  innerClosePropagation =
    done: packages:
    let
      next = head packages;
      found = [ next ] ++ done;
      propagated =
        maybeAttrNullable "propagatedBuildInputs" [ ] next
        ++ maybeAttrNullable "propagatedNativeBuildInputs" [ ] next;
    in
    if packages == [ ] then
      done
    else if !isAttrs next then
      innerClosePropagation done (tail packages)
    else
      innerClosePropagation found (
        filter (package: !elem package found) (unique (propagated ++ tail packages))
      );

  nvs = name: value: builtins.listToAttrs [ { inherit name value; } ];
  setAttr =
    set: name: value:
    set // nvs name value;
  setAttrMerge =
    name: default: set: f:
    setAttr set name (f set.${name} or default);

  # The union of two sets; a function merges what both have. What only the second has is merged with itself.
  mergeAttrsWithFunc =
    f: a: b:
    a // mapAttrs (name: value: f (a.${name} or value) value) b;
  mergeAttrsConcatenateValues = mergeAttrsWithFunc (a: b: toList a ++ toList b);

  mergeAttrsNoOverride =
    {
      mergeLists ? [
        "buildInputs"
        "propagatedBuildInputs"
      ],
      overrideSnd ? [ "buildPhase" ],
    }:
    a: b:
    a
    // mapAttrs (
      name: value:
      if !(a ? ${name}) then
        value
      else if elem name mergeLists then
        value ++ a.${name}
      else if elem name overrideSnd then
        a.${name}
      else
        throw "mergeAttrsNoOverride: attribute ${name} is given twice and there is no function to merge it"
    ) b;

  # Merges sets that carry the functions to merge them, in `mergeAttrBy`.
  mergeAttrByFunc =
    a: b:
    let
      functions = mergeAttrBy // a.mergeAttrBy or { } // b.mergeAttrBy or { };
      merged = mapAttrs (name: f: f a.${name} b.${name}) (
        lib.filterAttrs (name: _: a ? ${name} && b ? ${name}) functions
      );
      mergedBy =
        if a ? mergeAttrBy || b ? mergeAttrBy then
          { mergeAttrBy = a.mergeAttrBy or { } // b.mergeAttrBy or { }; }
        else
          { };
    in
    a // b // merged // mergedBy;
  mergeAttrsByFuncDefaults = foldl' mergeAttrByFunc { inherit mergeAttrBy; };
  mergeAttrsByFuncDefaultsClean = list: removeAttrs (mergeAttrsByFuncDefaults list) [ "mergeAttrBy" ];
  mergeAttrBy =
    lib.genAttrs [
      "buildInputs"
      "nativeBuildInputs"
      "propagatedBuildInputs"
      "configureFlags"
      "prePhases"
      "postAll"
      "patches"
    ] (_: a: b: a ++ b)
    // lib.genAttrs [
      "passthru"
      "meta"
      "cfg"
      "flags"
    ] (_: a: b: a // b)
    // lib.genAttrs [
      "preConfigure"
      "postInstall"
    ] (_: a: b: a + "\n" + b);

  # Hashes that nothing has.
  fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  fakeSha256 = "0000000000000000000000000000000000000000000000000000000000000000";
  fakeSha512 = fakeSha256 + fakeSha256;

  # What kind of value something is; packages are told from other sets.
  nixType =
    x:
    {
      set = if x ? outPath then "derivation" else "attrs";
      lambda = "function";
      list = "list";
      int = "int";
      bool = "bool";
      null = "null";
    }
    .${builtins.typeOf x} or "string";

  imap = lib.imap1;
}
