# Graphs of named entries that say what they come before and after, as `home.activation`
# holds them: an entry is `{ data; before; after; }`.
{ lib }:

let
  inherit (builtins)
    attrNames
    attrValues
    elem
    isAttrs
    length
    mapAttrs
    ;
in
rec {
  empty = { };

  isEntry = value: isAttrs value && value ? data && value ? after && value ? before;
  isDag = value: isAttrs value && lib.all isEntry (attrValues value);

  entryBetween = before: after: data: { inherit data before after; };
  entryAnywhere = entryBetween [ ] [ ];
  entryAfter = entryBetween [ ];
  entryBefore = before: entryBetween before [ ];

  # A chain of entries TAG-0, TAG-1, …, each after the one before it; the whole chain comes
  # before and after the given entries.
  entriesBetween =
    tag: before: after: values:
    let
      last = length values - 1;
      nameOf = index: "${tag}-${toString index}";
    in
    builtins.listToAttrs (
      lib.imap0 (index: data: {
        name = nameOf index;
        value = entryBetween (if index == last then before else [ ]) (
          if index == 0 then after else [ (nameOf (index - 1)) ]
        ) data;
      }) values
    );
  entriesAnywhere = tag: entriesBetween tag [ ] [ ];
  entriesAfter = tag: entriesBetween tag [ ];
  entriesBefore = tag: before: entriesBetween tag before [ ];

  map = f: mapAttrs (name: entry: entry // { data = f name entry.data; });

  # `{ result = [ { name; data; } … ]; }` in an order that every entry agrees with, or
  # `{ cycle; loops; }` where there is none.
  topoSort =
    dag:
    let
      # "a before b" means "b after a": all relations are kept on the later entry.
      calledFor = lib.foldl' (
        relations: name:
        lib.foldl' (all: target: all // { ${target} = (all.${target} or [ ]) ++ [ name ]; }) relations dag.${name}.before
      ) { } (attrNames dag);
      entries = mapAttrs (name: entry: {
        inherit name;
        inherit (entry) data;
        after = entry.after ++ calledFor.${name} or [ ];
      }) dag;
      sorted = lib.toposort (a: b: elem a.name b.after) (attrValues entries);
    in
    if sorted ? result then
      { result = builtins.map (entry: { inherit (entry) name data; }) sorted.result; }
    else
      sorted;
}
