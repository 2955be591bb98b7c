# Package values: what `pkgs.writeText` and its like return.
#
# A package is an attribute set that looks like a derivation to everything that only uses
# derivations (`"${pkg}"`, `lib.getExe`, `types.package`), but its `outPath` is a
# content-addressed store object that no builder makes. It also carries its own contents as
# a listing, so that `symlinkJoin` and `buildEnv` join packages without reading the store.
#
# A listing node is one of
#   { kind = "file"; path = STRING; content = VALUE; }  a file, or a link to one
#   { kind = "directory"; path = STRING; entries = { NAME = NODE; … }; }
# where `path` carries the string context of the object it lies in, and two files with
# equal `content` are the same, which is known without reading them. A link made to another
# package's file has that file's `content`.
{ lib, primops }:

let
  inherit (builtins) mapAttrs;

  unavailable =
    name: what:
    throw ''
      package `${name}`: `${what}` needs a builder, and this package is not built from nixpkgs:
      it was made by hm without running one.
      To use nixpkgs' own packages, install Nix and run hm with `--pkgs nixpkgs`.'';

  # The listing of a tree as it lies below `path`. A link counts as a file: the builders that
  # make links to directories give their listing themselves.
  listTree =
    path: tree:
    if tree.type == "directory" then
      {
        kind = "directory";
        inherit path;
        entries = mapAttrs (name: listTree "${path}/${name}") tree.entries;
      }
    else if tree.type == "copy" then
      listDisk path
    else
      {
        kind = "file";
        inherit path;
        content = tree;
      };

  # The listing of a path on disk; directories behind links count as directories, as they do
  # for lndir and for nixpkgs' buildEnv.
  listDisk =
    path:
    if isDirectory path then
      {
        kind = "directory";
        inherit path;
        entries = mapAttrs (name: _: listDisk "${path}/${name}") (builtins.readDir path);
      }
    else
      {
        kind = "file";
        inherit path;
        content = path;
      };

  # The same contents at another path, which leads to them through links.
  relocate =
    path: node:
    node
    // {
      inherit path;
    }
    // lib.optionalAttrs (node.kind == "directory") {
      entries = mapAttrs (name: relocate "${path}/${name}") node.entries;
    };

  # A trailing "/." resolves links, and only a directory has it.
  isDirectory = path: builtins.pathExists (path + "/.");

  # What `overrideAttrs` can change without a builder.
  changeable = [
    "meta"
    "passthru"
  ];

  mkObject =
    arguments@{
      # The name of the store object.
      name,
      # What it holds, as `primops.storeObject` takes it.
      tree,
      # Its listing, from its path; worked out from the tree by default.
      list ? null,
      meta ? { },
      passthru ? { },
    }:
    let
      outPath = primops.storeObject { inherit name tree; };
      parsed = builtins.parseDrvName name;
      self =
        passthru
        // {
          type = "derivation";
          inherit name outPath;
          pname = parsed.name;
          outputName = "out";
          outputs = [ "out" ];
          out = self;
          meta = {
            inherit name;
          }
          // meta;
          hmListing = if list == null then listTree outPath tree else list outPath;
          override = _: unavailable name "override";
          overrideAttrs =
            change:
            let
              old = {
                inherit name passthru;
                inherit (self) meta;
              };
              given = change old;
              # The form with two arguments takes the finished package first.
              changes = if builtins.isFunction given then change changed old else given;
              changed = mkObject (
                arguments // builtins.intersectAttrs (lib.genAttrs changeable (_: null)) changes
              );
            in
            if removeAttrs changes changeable == { } then
              changed
            else
              unavailable name "overrideAttrs { ${toString (builtins.attrNames (removeAttrs changes changeable))} }";
        }
        // lib.optionalAttrs (parsed.version != "") { inherit (parsed) version; };
    in
    self;

  # The listing of anything that can stand in `paths`: a package made here, another
  # derivation, a path or a string.
  listingOf =
    value:
    if builtins.isAttrs value && value ? hmListing then value.hmListing else listDisk "${value}";

  file = contents: executable: {
    type = "regular";
    inherit contents executable;
  };

  symlink = target: {
    type = "symlink";
    inherit target;
  };

  directory = entries: {
    type = "directory";
    inherit entries;
  };

  components = path: builtins.filter (part: builtins.isString part && part != "") (builtins.split "/" path);

  # Puts a tree at "/bin/x" below new directories; at "" it is the tree itself.
  placeAt =
    destination: tree: lib.foldr (name: inner: directory { ${name} = inner; }) tree (components destination);
in
{
  inherit
    components
    directory
    file
    isDirectory
    listDisk
    listingOf
    mkObject
    placeAt
    relocate
    symlink
    ;
}
