# What the nodes of a lock file are: each a flake that was called, or a tree.
#
# A node has a `tree` and the `directory` of its flake in it, or lies at `path` below another node, its `parent`. `inputs`
# says which node each of its inputs is.
nodes:
let
  below = place: rest: if rest == "" then place else place + "/" + rest;

  known = builtins.mapAttrs (_: describe) nodes;

  describe =
    node:
    let
      parent = known.${node.parent};
      tree = if node ? parent then parent.tree else node.tree;
      base = if node ? parent then below parent.place node.path else tree.outPath;
      place = below base node.directory;

      file = import (place + "/flake.nix");
      inputs = builtins.mapAttrs (_: key: known.${key}.result) node.inputs;
      outputs = file.outputs (inputs // { self = flake; });
      flake =
        outputs
        // tree
        // {
          inherit inputs outputs;
          outPath = place;
          sourceInfo = tree;
          _type = "flake";
        };
    in
    {
      inherit tree place;
      result =
        if node.isFlake then
          assert builtins.isFunction file.outputs;
          flake
        else
          tree
          // {
            outPath = place;
            sourceInfo = tree;
          };
    };
in
known.root.result
