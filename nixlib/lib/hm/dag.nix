# Directed acyclic graphs: sets of entries `{ data, after, before }` that are put in an order.
{ lib }:
let
  inherit (builtins)
    all
    attrNames
    attrValues
    concatMap
    elem
    groupBy
    isAttrs
    length
    listToAttrs
    mapAttrs
    ;

  isEntry = x: x ? data && x ? after && x ? before;

  entryBetween = before: after: data: { inherit data before after; };

  # A list as entries NAME-0, NAME-1 …, each after the one before it.
  entriesBetween =
    name: before: after: list:
    let
      nameOf = n: "${name}-${toString n}";
      last = length list - 1;
    in
    listToAttrs (
      lib.imap0 (n: data: {
        name = nameOf n;
        value = entryBetween (if n == last then before else [ ]) (
          if n == 0 then after else [ (nameOf (n - 1)) ]
        ) data;
      }) list
    );
in
{
  inherit entriesBetween entryBetween;

  # The graph without entries.
  empty = { };

  inherit isEntry;

  # Whether a value is a graph.
  isDag = x: isAttrs x && all isEntry (attrValues x);

  # `{ result }`, a list of `{ name, data }` in order; or `{ cycle, loops }` when there is none.
  topoSort =
    graph:
    let
      # For each name, the entries that ask to be before it.
      askers = mapAttrs (_: map (pair: pair.asker)) (
        groupBy (pair: pair.name) (
          concatMap (
            asker:
            map (name: {
              inherit name asker;
            }) graph.${asker}.before
          ) (attrNames graph)
        )
      );
      nodes = mapAttrs (name: entry: {
        inherit name;
        inherit (entry) data;
        after = entry.after ++ askers.${name} or [ ];
      }) graph;
      sorted = lib.toposort (a: b: elem a.name b.after) (attrValues nodes);
    in
    if sorted ? result then
      { result = map (node: { inherit (node) name data; }) sorted.result; }
    else
      sorted;

  # Maps the data, with names.
  map = f: mapAttrs (name: entry: entry // { data = f name entry.data; });

  # Entries by what they come before and after.
  entryAnywhere = entryBetween [ ] [ ];

  # An entry after others.
  entryAfter = entryBetween [ ];

  # An entry before others.
  entryBefore = before: entryBetween before [ ];

  # A list that may stand anywhere.
  entriesAnywhere = name: entriesBetween name [ ] [ ];

  # A list after other entries.
  entriesAfter = name: entriesBetween name [ ];

  # A list before other entries.
  entriesBefore = name: before: entriesBetween name before [ ];
}
