# Package values: what `pkgs.writeText` and its like return.
#
# A package is an attribute set that looks like a derivation to everything that only uses
# derivations (`"${pkg}"`, `lib.getExe`, `types.package`), but its `outPath` is a
# content-addressed store object that no builder makes. It also carries its own contents as
# a listing, so that `symlinkJoin` and `buildEnv` join packages without reading the store.
#
# A listing node is one of
#   { kind = "file"; path = STRING; content ? VALUE; }  a file, or a link to one
#   { kind = "directory"; path = STRING; entries = { NAME = NODE; … }; }
# where `path` carries the string context of the object it lies in, and two files with
# equal `content` are known to be the same without being read.
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
      };

  # A trailing "/." resolves links, and only a directory has it.
  isDirectory = path: builtins.pathExists (path + "/.");

  mkObject =
    {
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
          overrideAttrs = _: unavailable name "overrideAttrs";
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
    symlink
    ;
}
