# From a flat list of entries to the directory tree of `home-files`.
#
# An entry is
#   { parts = [ DIRECTORY … NAME ];   # below the home directory
#     tree = TREE;                    # what stands there, as primops.storeObject takes it
#     label = STRING; }               # who defined it, for errors
# Work is linear in the number of path components: entries are grouped by their first
# component, level by level.
{ lib, overlap }:

let
  inherit (builtins)
    elemAt
    filter
    groupBy
    head
    length
    mapAttrs
    ;

  describe = parts: lib.concatStringsSep "/" parts;

  # Puts the entries of `over` into the directories of `under`. Where both have a file, the
  # option home.fileOverlapResolution decides; `under` is what a recursive directory brought.
  overlay =
    at: under: over:
    under
    // mapAttrs (
      name: tree:
      let
        here = at ++ [ name ];
        below = under.${name} or null;
      in
      if below == null then
        tree
      else if below.type == "directory" && tree.type == "directory" then
        tree // { entries = overlay here below.entries tree.entries; }
      else if overlap == "override" then
        tree
      else if overlap == "ignore" then
        below
      else
        throw "${describe here} is both a file of its own and part of a recursively linked directory"
    ) over;

  build =
    depth: entries:
    mapAttrs (
      name: group:
      let
        here = lib.take (depth + 1) (head group).parts;
        leaves = filter (entry: length entry.parts == depth + 1) group;
        deeper = filter (entry: length entry.parts > depth + 1) group;
        leaf = head leaves;
      in
      if deeper == [ ] && length leaves == 1 then
        leaf.tree
      else if leaves == [ ] then
        {
          type = "directory";
          entries = build (depth + 1) deeper;
        }
      else if length leaves > 1 then
        throw "two definitions of ~/${describe here}: ${lib.concatMapStringsSep ", " (entry: entry.label) leaves}"
      else if leaf.tree.type == "directory" then
        leaf.tree // { entries = overlay here leaf.tree.entries (build (depth + 1) deeper); }
      else
        throw "~/${describe here} (${leaf.label}) is one link, so nothing can be put below it: ${
          lib.concatMapStringsSep ", " (entry: "~/${describe entry.parts} (${entry.label})") deeper
        }. Use `recursive = true` to link the files of a directory one by one."
    ) (groupBy (entry: elemAt entry.parts depth) entries);
in
entries: {
  type = "directory";
  entries = build 0 entries;
}
