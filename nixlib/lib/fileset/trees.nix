# Trees of files. A tree is null (no files), "directory" (all files in a directory), another file type
# (one file), or a set from names to trees, in which a missing name is null.
{ lib }:
let
  inherit (builtins)
    all
    attrNames
    attrValues
    concatMap
    elemAt
    filter
    foldl'
    intersectAttrs
    isAttrs
    isString
    length
    mapAttrs
    readDir
    zipAttrsWith
    ;
  inherit (lib.strings) hasSuffix;

  # The entries of a directory as trees; names that the tree leaves out are null.
  entriesOf =
    path: tree:
    if tree == "directory" then readDir path else mapAttrs (_: _: null) (readDir path) // tree;

  hasEntries = tree: tree == "directory" || isAttrs tree;
in
rec {
  # Puts a tree below some directories.
  place =
    components: tree:
    let
      from = n: if n == length components then tree else { ${elemAt components n} = from (n + 1); };
    in
    from 0;

  # What a tree holds below some directories.
  find =
    components: tree:
    foldl' (found: name: if isAttrs found then found.${name} or null else found) tree components;

  union =
    trees:
    let
      # Found without looking at the trees after it.
      whole = lib.findFirst isString null trees;
      partial = filter (tree: tree != null) trees;
    in
    if whole != null then
      whole
    else if partial == [ ] then
      null
    else
      zipAttrsWith (_: union) partial;

  intersection =
    a: b:
    if isAttrs a && isAttrs b then
      mapAttrs (name: intersection a.${name}) (intersectAttrs a b)
    else if a == null || isString b then
      a
    else
      b;

  # What is in `a` but not in `b`; directories are read where only a part of them is taken away.
  difference =
    path: a: b:
    if a == null || isString b then
      null
    else if b == null then
      a
    else
      mapAttrs (name: tree: difference (path + "/${name}") tree (b.${name} or null)) (
        if isAttrs a then a else readDir path
      );

  # A directory as it is.
  read =
    path:
    mapAttrs (name: type: if type == "directory" then read (path + "/${name}") else type) (readDir path);

  # The files in a directory that satisfy a predicate on their names.
  select =
    predicate: path:
    mapAttrs (
      name: type:
      if type == "directory" then
        select predicate (path + "/${name}")
      else
        selectFile predicate name type
    ) (readDir path);

  selectFile =
    predicate: name: type:
    if
      predicate {
        inherit name type;
        hasExt = extension: hasSuffix ".${extension}" name;
        # Makes a predicate fail that does not accept attributes it does not know.
        "lib.fileset.fileFilter: the predicate must accept attributes that it does not know; write `...` at the end of its pattern" =
          null;
      }
    then
      type
    else
      null;

  # The files in a directory that a source filter keeps.
  filterBy =
    keep: path:
    mapAttrs (
      name: type:
      let
        entry = path + "/${name}";
      in
      if !keep (toString entry) type then
        null
      else if type == "directory" then
        filterBy keep entry
      else
        type
    ) (readDir path);

  # All files as paths.
  list =
    path: tree:
    if tree == null then
      [ ]
    else if tree == "directory" then
      list path (readDir path)
    else if isAttrs tree then
      concatMap (name: list (path + "/${name}") tree.${name}) (attrNames tree)
    else
      [ path ];

  # The same tree without directories that have no files, as a source needs it.
  withoutEmpty =
    path: tree:
    let
      entries = mapAttrs (name: withoutEmpty (path + "/${name}")) (entriesOf path tree);
      values = attrValues entries;
    in
    if !hasEntries tree then
      tree
    else if all isNull values then
      null
    else if all isString values then
      "directory"
    else
      entries;

  # A filter for `builtins.path` that keeps the files of a tree and the directories that lead to them.
  sourceFilter =
    tree:
    let
      isKept =
        components:
        let
          from =
            n: here:
            if isAttrs here then
              n == length components || from (n + 1) (here.${elemAt components n} or null)
            else
              here != null;
        in
        from 0 tree;
    in
    path: type:
    isKept (filter (part: isString part && part != "") (builtins.split "/" path))
    && (
      type != "unknown"
      || throw ''
        lib.fileset.toSource: ${path} in `fileset` is neither a regular file nor a link nor a directory.
            A store holds nothing else; leave it out of the set.''
    );

  # The same tree with as few words as possible: "emptyDir" marks directories without files.
  minimal =
    path: tree:
    let
      entries = mapAttrs (name: minimal (path + "/${name}")) (entriesOf path tree);
      values = attrValues entries;
    in
    if !hasEntries tree then
      tree
    else if all (value: value == "emptyDir") values then
      "emptyDir"
    else if tree == "directory" || all isString values then
      "directory"
    else if all (value: value == null || value == "emptyDir") values then
      null
    else
      entries;

  # Prints the tree below a path.
  trace =
    path: tree:
    let
      reduced = minimal path tree;
      isEmpty = value: value == null || value == "emptyDir";
      note =
        value:
        if isAttrs value then
          ""
        else if value == "directory" then
          " (all files in directory)"
        else
          " (${value})";
      # Each line is printed after those that `done` stands for.
      lines =
        done: indent: set:
        foldl' (
          before: name:
          let
            value = set.${name};
            line = builtins.seq before (builtins.trace "${indent}- ${name}${note value}" null);
          in
          if isEmpty value then
            before
          else if isAttrs value then
            lines line "${indent}  " value
          else
            line
        ) done (attrNames set);
      first =
        if isEmpty reduced then
          builtins.trace "(empty)" null
        else
          builtins.trace "${toString path}${note reduced}" null;
    in
    if isAttrs reduced then lines first "" reduced else first;
}
