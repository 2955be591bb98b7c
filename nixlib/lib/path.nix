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
      "a value of type ${typeOf value} is no text"
    else if value == "" then
      "the text is empty"
    else if substring 0 1 value == "/" then
      "\"${value}\" is absolute: it begins with `/`"
    else if match "(.*/)?\\.\\.(/.*)?" value != null then
      "\"${value}\" has a `..`, and a subpath never leads upwards"
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
      lib.path.${function}: the paths are in different file systems:
          "${toString first.path}" below "${toString first.root}",
          "${toString second.path}" below "${toString second.root}"'';
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
      throw ''lib.path.removePrefix: "${toString path'}" is not below "${toString path}".'';

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
