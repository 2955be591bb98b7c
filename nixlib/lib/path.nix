# Paths as values, and subpaths: relative path strings that never lead upwards.
{ lib }:
let
  inherit (builtins)
    concatMap
    concatStringsSep
    elemAt
    filter
    isPath
    isString
    length
    match
    split
    storeDir
    substring
    typeOf
    ;
  inherit (lib) assertMsg drop take;

  # Why a value is not a subpath, or null if it is one.
  objection =
    value:
    if !isString value then
      "The given value is of type ${typeOf value}, but a string was expected"
    else if value == "" then
      "The given string is empty"
    else if substring 0 1 value == "/" then
      "The given string \"${value}\" starts with a `/`, representing an absolute path"
    else if match "(.*/)?\\.\\.(/.*)?" value != null then
      "The given string \"${value}\" contains a `..` component, which is not allowed in subpaths"
    else
      null;

  components = text: filter (part: isString part && part != "" && part != ".") (split "/" text);

  fromComponents = parts: "./${if parts == [ ] then "." else concatStringsSep "/" parts}";

  # A path's root and its components below it.
  deconstruct =
    let
      from =
        parts: path:
        if dirOf path == path then
          {
            root = path;
            components = parts;
          }
        else
          from ([ (baseNameOf path) ] ++ parts) (dirOf path);
    in
    from [ ];

  needsPath =
    function: which: value:
    assertMsg (isPath value)
      "lib.path.${function}: ${which} is of type ${typeOf value}, but a path was expected";

  # Both arguments of a comparison, deconstructed, once they are known to have the same root.
  pair =
    function: first: second:
    assert assertMsg (first.root == second.root) ''
      lib.path.${function}: Filesystem roots must be the same for both paths, but paths with different roots were given:
          first argument: "${toString first.path}" with root "${toString first.root}"
          second argument: "${toString second.path}" with root "${toString second.root}"'';
    take (length first.components) second.components == first.components;

  describe = path: deconstruct path // { inherit path; };

  storeComponents = components storeDir;

  needsSubpath =
    function: what: value:
    assertMsg (objection value == null) ''
      lib.path.${function}: ${what} is not a valid subpath string:
          ${objection value}'';
in
{
  # A path with a subpath below it.
  append =
    path: subpath:
    assert needsPath "append" "The first argument" path;
    assert needsSubpath "append" "Second argument" subpath;
    path + "/${subpath}";

  # Whether the first path is the second or a directory above it.
  hasPrefix =
    path:
    assert needsPath "hasPrefix" "First argument" path;
    let
      first = describe path;
    in
    path':
    assert needsPath "hasPrefix" "Second argument" path';
    pair "hasPrefix" first (describe path');

  # The subpath that leads from the first path to the second.
  removePrefix =
    path:
    assert needsPath "removePrefix" "First argument" path;
    let
      first = describe path;
    in
    path':
    assert needsPath "removePrefix" "Second argument" path';
    let
      second = describe path';
    in
    if pair "removePrefix" first second then
      fromComponents (drop (length first.components) second.components)
    else
      throw ''lib.path.removePrefix: The first path argument "${toString path}" is not a component-wise prefix of the second path argument "${toString path'}".'';

  # A path as the root of its file system and a subpath.
  splitRoot =
    path:
    assert needsPath "splitRoot" "Argument" path;
    let
      parts = deconstruct path;
    in
    {
      inherit (parts) root;
      subpath = fromComponents parts.components;
    };

  # Whether a path is a store object or lies in one, without asking the store.
  hasStorePathPrefix =
    path:
    let
      parts = deconstruct path;
      below = length storeComponents;
      inherit (parts) components;
    in
    assert needsPath "hasStorePathPrefix" "Argument" path;
    assert assertMsg (parts.root == /. && toString parts.root == "/")
      "lib.path.hasStorePathPrefix: Argument has a filesystem root (${toString parts.root}) that's not /, which is currently not supported.";
    (
      take below components == storeComponents
      && length components > below
      && match ".{32}-.+" (elemAt components below) != null
    )
    || (components != [ ] && match "[0-9a-z]{52}" (elemAt components 0) != null);

  subpath = {
    isValid = value: objection value == null;

    # Subpaths joined and brought into normal form.
    join =
      list:
      let
        wrong = lib.lists.findFirstIndex (value: objection value != null) null list;
      in
      if wrong == null then
        fromComponents (concatMap components list)
      else
        throw ''
          lib.path.subpath.join: Element at index ${toString wrong} is not a valid subpath string:
              ${objection (elemAt list wrong)}'';

    components =
      value:
      assert needsSubpath "subpath.components" "Argument" value;
      components value;

    # `./` and the components, one slash between.
    normalise =
      value:
      assert needsSubpath "subpath.normalise" "Argument" value;
      fromComponents (components value);
  };
}
