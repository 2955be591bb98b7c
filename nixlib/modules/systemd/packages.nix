# Units that packages bring along: the files below share/systemd/user and lib/systemd/user, with their folders of
# links and drop-ins, as links into the package.
{
  lib,
  primops,
  packages,
}:

let
  inherit (builtins)
    attrNames
    concatMap
    elemAt
    head
    isString
    listToAttrs
    match
    split
    ;
  inherit (import ../../pkgs/object.nix { inherit lib primops; }) listingOf;

  places = [
    [
      "share"
      "systemd"
      "user"
    ]
    [
      "lib"
      "systemd"
      "user"
    ]
  ];

  nodeAt =
    node: name: if node != null && node.kind == "directory" then node.entries.${name} or null else null;

  # A path is looked at where it is needed only: a package of nixpkgs may be large.
  folderOf =
    package: place:
    if builtins.isAttrs package && package ? hmListing then
      builtins.foldl' nodeAt package.hmListing place
    else
      let
        path = "${package}/${lib.concatStringsSep "/" place}";
      in
      if builtins.pathExists path then listingOf path else null;

  label = package: "the package ${package.name or (baseNameOf "${package}")}";

  entriesOf =
    package: folder:
    concatMap (
      name:
      let
        node = folder.entries.${name};
        entry = path: leaf: {
          name = lib.concatStringsSep "/" path;
          value = {
            inherit path;
            label = label package;
            source = leaf.path;
            tree = {
              type = "symlink";
              target = leaf.path;
            };
          };
        };
      in
      if node.kind == "directory" then
        map (inner: entry [ name inner ] node.entries.${inner}) (attrNames node.entries)
      else
        [ (entry [ name ] node) ]
    ) (if folder == null then [ ] else attrNames folder.entries);
in
{
  # By path below the folder of units. Of two packages with the same file the first counts.
  entries = listToAttrs (
    concatMap (package: concatMap (place: entriesOf package (folderOf package place)) places) packages
  );

  # The [Install] section of a unit file, as it is read here to enable what `Also=` names.
  installOf =
    path:
    let
      lines = builtins.filter isString (split "\n" (builtins.readFile path));
      step =
        state: line:
        let
          header = match "[ \t]*\\[(.*)][ \t\r]*" line;
          assignment = match "[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(.*[^ \t\r])[ \t\r]*" line;
          key = head assignment;
        in
        if header != null then
          state // { here = head header == "Install"; }
        else if state.here && assignment != null then
          state
          // {
            found = state.found // {
              ${key} = state.found.${key} or [ ] ++ [ (elemAt assignment 1) ];
            };
          }
        else
          state;
      found =
        (builtins.foldl' step {
          here = false;
          found = { };
        } lines).found;
    in
    found // lib.optionalAttrs (found ? DefaultInstance) { DefaultInstance = lib.last found.DefaultInstance; };
}
