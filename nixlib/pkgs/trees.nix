# Packages that are trees of links into others: `symlinkJoin`, `linkFarm`, `buildEnv`.
{ lib, object }:

let
  inherit (builtins)
    attrNames
    filter
    isAttrs
    isList
    mapAttrs
    zipAttrsWith
    ;
  inherit (object)
    components
    directory
    listingOf
    mkObject
    relocate
    symlink
    ;

  needsBuilder =
    function: name: argument:
    throw ''
      ${function}: `${argument}` of `${name}` needs a builder, and no builder runs for host packages.
      Leave it out, or use nixpkgs' own packages: `--pkgs nixpkgs`.'';

  describe = value: if isAttrs value then value.name or "${value}" else "${value}";

  # The node at a path below another, or null.
  nodeAt =
    parts: node:
    if node == null || parts == [ ] then
      node
    else if node.kind != "directory" then
      null
    else
      nodeAt (builtins.tail parts) (node.entries.${builtins.head parts} or null);

  # Several nodes at one place as one: directories are merged; of several files the first stays.
  joinNodes =
    nodes:
    let
      directories = filter (node: node.kind == "directory") nodes;
      first = builtins.head nodes;
    in
    if first.kind == "file" then
      first
    else
      {
        kind = "directory";
        path = null;
        entries = zipAttrsWith (_: joinNodes) (map (node: node.entries) directories);
      };

  # Real directories all the way down, with links at the leaves.
  linksTo =
    node: if node.kind == "file" then symlink node.path else directory (mapAttrs (_: linksTo) node.entries);

  # The outputs of a package that an environment takes.
  outputsOf =
    extraOutputs: package:
    if isAttrs package && package ? outputs && package.outputs != [ "out" ] then
      let
        wanted = package.meta.outputsToInstall or [ "out" ] ++ extraOutputs;
      in
      map (output: package.${output}) (filter (output: package ? ${output}) (lib.unique wanted))
    else
      [ package ];

  # Files that nixpkgs leaves out of every environment: caches and logs that each package
  # would bring its own copy of.
  isLeftOut =
    path: name:
    path == "/propagated-build-inputs"
    || path == "/nix-support"
    || name == "perllocal.pod"
    || name == "log"
    || lib.hasSuffix "info/dir" path
    || (lib.hasPrefix "/share/mime/" path && !lib.hasPrefix "/share/mime/packages" path);
in
rec {
  # Several packages as one: real directories, with links to the files of all.
  symlinkJoin =
    args@{
      name ?
        assert lib.assertMsg (
          args ? pname && args ? version
        ) "symlinkJoin: give either `name`, or `pname` and `version`";
        "${args.pname}-${args.version}",
      paths,
      stripPrefix ? "",
      preferLocalBuild ? true,
      allowSubstitutes ? false,
      postBuild ? "",
      failOnMissing ? stripPrefix == "",
      meta ? { },
      passthru ? { },
      ...
    }:
    if postBuild != "" then
      needsBuilder "symlinkJoin" name "postBuild"
    else
      let
        prefix = components stripPrefix;
        nodes = filter (node: node != null) (
          map (
            path:
            let
              node = nodeAt prefix (listingOf path);
            in
            if node != null && node.kind == "directory" then
              node
            else if failOnMissing then
              throw "symlinkJoin: ${name}: `${describe path}` has no directory /${lib.concatStringsSep "/" prefix}"
            else
              null
          ) (lib.flatten paths)
        );
        joined = joinNodes (
          nodes
          ++ [
            {
              kind = "directory";
              path = null;
              entries = { };
            }
          ]
        );
      in
      mkObject {
        inherit name meta passthru;
        tree = linksTo joined;
        list = path: relocate path joined;
      };

  # A directory of links under given names, which may have directories in them.
  linkFarm =
    name: entries:
    let
      # Of two entries with one name the later wins.
      byName =
        if isList entries then
          lib.foldl' (all: entry: all // { ${entry.name} = entry.path; }) { } entries
        else
          mapAttrs (_: entry: entry.path or entry) entries;
      # A directory for each component of a name but the last, which is a link.
      place =
        node: parts: target:
        let
          part = builtins.head parts;
          rest = builtins.tail parts;
        in
        {
          kind = "directory";
          path = null;
          entries = node.entries or { } // {
            ${part} = if rest == [ ] then { inherit target; } else place (node.entries.${part} or { }) rest target;
          };
        };
      farm = lib.foldl' (node: entry: place node (components entry) byName.${entry}) {
        kind = "directory";
        path = null;
        entries = { };
      } (attrNames byName);
      treeOf =
        node: if node ? target then symlink "${node.target}" else directory (mapAttrs (_: treeOf) node.entries);
      listOf =
        node:
        if node ? target then listingOf node.target else node // { entries = mapAttrs (_: listOf) node.entries; };
    in
    mkObject {
      inherit name;
      tree = treeOf farm;
      list = path: relocate path (listOf farm);
      passthru.entries = byName;
    };

  # A directory of links to packages, under their names.
  linkFarmFromDrvs =
    name: packages:
    linkFarm name (
      map (package: {
        inherit (package) name;
        path = package;
      }) packages
    );

  # A tree of links to the contents of packages, as a user environment is one. A directory
  # that only one package has is one link; where several packages meet it is made anew.
  buildEnv =
    args@{
      name ? "${args.pname}-${args.version}",
      paths,
      pathsToLink ? [ "/" ],
      extraOutputsToInstall ? [ ],
      ignoreCollisions ? false,
      checkCollisionContents ? true,
      extraPrefix ? "",
      postBuild ? "",
      manifest ? "",
      meta ? { },
      passthru ? { },
      ...
    }:
    if postBuild != "" then
      needsBuilder "buildEnv" name "postBuild"
    else
      let
        # One entry a package output: where it lies, which package it is, how it ranks (lower wins).
        sources = lib.concatMap (
          package:
          map (output: {
            node = listingOf output;
            label = describe package;
            priority = package.meta.priority or 5;
          }) (outputsOf extraOutputsToInstall package)
        ) (lib.unique paths);

        rooted = map (
          source:
          if source.node.kind == "directory" then
            source
          else
            throw "buildEnv: ${name}: `${source.label}` is a file and cannot be merged into an environment"
        ) sources;

        wanted = map components pathsToLink;
        linksAll = builtins.elem [ ] wanted;
        isPrefix = short: long: lib.take (builtins.length short) long == short;
        isLinked = parts: linksAll || builtins.any (path: isPrefix path parts) wanted;
        leadsToLinked = parts: builtins.any (isPrefix parts) wanted;

        collision =
          path: one: other:
          throw ''
            two packages of `${name}` have ${path}:
              ${one.label}: ${one.node.path}
              ${other.label}: ${other.node.path}
            Leave one of them out, or give one a higher rank with lib.hiPrio or lib.lowPrio.'';

        # Which of several files stands at a path.
        pick =
          path: candidates:
          lib.foldl' (
            best: next:
            if next.priority < best.priority then
              next
            else if
              next.priority > best.priority
              || ignoreCollisions
              || next.node.path == best.node.path
              || (checkCollisionContents && best.node.content == next.node.content)
            then
              best
            else
              collision path best next
          ) (builtins.head candidates) (builtins.tail candidates);

        merge =
          parts: candidates:
          let
            path = "/" + lib.concatStringsSep "/" parts;
            directories = filter (candidate: candidate.node.kind == "directory") candidates;
            files = filter (candidate: candidate.node.kind != "directory") candidates;
            mustBeReal = parts == [ ] || (leadsToLinked parts && !linksAll);
          in
          if files != [ ] && directories != [ ] then
            # A file and a directory at one place never merge; the higher rank keeps the place.
            let
              best = pick path (files ++ directories);
            in
            merge parts (if best.node.kind == "directory" then directories else files)
          else if directories == [ ] then
            let
              chosen = pick path files;
            in
            {
              tree = symlink chosen.node.path;
              inherit (chosen) node;
            }
          else if builtins.length directories == 1 && !mustBeReal then
            let
              only = builtins.head directories;
            in
            {
              tree = symlink only.node.path;
              inherit (only) node;
            }
          else
            mergeEntries parts (
              zipAttrsWith (_: same: same) (
                map (candidate: mapAttrs (_: node: candidate // { inherit node; }) candidate.node.entries) directories
              )
            );

        mergeEntries =
          parts: entries:
          let
            kept = lib.filterAttrs (
              entry: _:
              let
                here = parts ++ [ entry ];
              in
              !isLeftOut ("/" + lib.concatStringsSep "/" here) entry && (isLinked here || leadsToLinked here)
            ) entries;
            merged = mapAttrs (entry: merge (parts ++ [ entry ])) kept;
          in
          {
            tree = directory (mapAttrs (_: value: value.tree) merged);
            node = {
              kind = "directory";
              path = null;
              entries = mapAttrs (_: value: value.node) merged;
            };
          };

        joined = if rooted == [ ] then mergeEntries [ ] { } else merge [ ] rooted;

        prefixed = object.placeAt extraPrefix joined.tree;
      in
      mkObject {
        inherit name meta passthru;
        tree = if manifest == "" then prefixed else directory (prefixed.entries // { manifest = symlink "${manifest}"; });
        list =
          path:
          relocate path (
            lib.foldr (part: inner: {
              kind = "directory";
              path = null;
              entries.${part} = inner;
            }) joined.node (components extraPrefix)
          );
      };
}
