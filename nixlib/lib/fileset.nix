# File sets: sets of local files as values, with union, intersection and difference, to be made into
# sources. The trees behind them are in fileset/trees.nix.
{ lib }:
let
  inherit (builtins)
    filter
    foldl'
    head
    isBool
    isList
    isPath
    pathExists
    tail
    trace
    typeOf
    ;
  inherit (lib) isFunction;
  inherit (lib.filesystem) pathType;
  inherit (lib.lists) commonPrefix hasPrefix;
  inherit (lib.strings) isStringLike;

  trees = import ./fileset/trees.nix { inherit lib; };

  componentsOf = path: lib.path.subpath.components (lib.path.splitRoot path).subpath;
  pathOf = components: /. + lib.path.subpath.join components;

  # `base` are the components of the directory that all files are in, null for the empty set that may
  # be combined with any other. `tree` starts at the root of the file system.
  make = base: tree: {
    _type = "fileset";
    inherit base tree;
    _noEval = throw ''
      lib.fileset: a file set has no value of its own.
        `lib.fileset.toSource` makes a source of it; `lib.fileset.trace` and `traceVal` show its files.'';
  };

  at = path: tree: make (componentsOf path) (trees.place (componentsOf path) tree);

  nothing = make null null;

  # The set of one file, or of all files in a directory.
  single =
    path:
    let
      type = pathType path;
    in
    if type == "directory" then at path type else at (dirOf path) { ${baseNameOf path} = type; };

  # Why a value cannot be taken for a file set, or null.
  objection =
    value:
    if value._type or "" == "fileset" then
      null
    else if isPath value then
      if pathExists value then
        null
      else
        ''
          (${toString value}): there is nothing at this path.
              `lib.fileset.maybeMissing` takes paths that may be missing.''
    else if value ? _isLibCleanSourceWith then
      ''
        is a source made by `lib.sources`; a file set or a path is wanted.
            `lib.fileset.fromSource` makes a file set of a source whose origin is a path.''
    else if isStringLike value then
      ''
        ("${toString value}") is text; a file set or a path is wanted.
            File sets are not made from text; `lib.sources` and derivations can be.''
    else
      "is a value of type ${typeOf value}; a file set or a path is wanted.";

  coerce =
    what: value:
    if objection value != null then
      throw "lib.fileset.${what} ${objection value}"
    else if isPath value then
      single value
    else
      value;

  unite =
    filesets:
    let
      based = filter (fileset: fileset.base != null) filesets;
      base = foldl' (common: fileset: commonPrefix common fileset.base) (head based).base (tail based);
    in
    if based == [ ] then nothing else make base (trees.union (map (fileset: fileset.tree) based));

  show =
    fileset:
    if fileset.base == null then
      trace "(empty)" null
    else
      trees.trace (pathOf fileset.base) (trees.find fileset.base fileset.tree);

  # The files of a directory that Git tracks.
  tracked =
    function: argument: path: options:
    let
      isRepository = pathExists (path + "/.git");
      fetched = builtins.fetchGit (
        {
          url = path;
          shallow = true;
        }
        // options
      );
      refuse = why: throw "lib.fileset.${function}: the ${argument} (${toString path}) ${why}";
    in
    if !isPath path then
      throw "lib.fileset.${function}: the ${argument} is a value of type ${typeOf path}; a path is wanted."
    else if pathType path != "directory" then
      refuse "is a file; a directory is wanted."
    else if lib.path.hasStorePathPrefix path then
      if isRepository then
        refuse "is a copy of a Git repository in the store, which tells nothing about tracked files. Get the repository by `builtins.fetchGit` or another fetcher."
      else
        single path
    else if !isRepository then
      refuse "is not the top of a Git working tree."
    else
      at path (trees.read fetched.outPath);
in
{
  # The set without any files.
  empty = nothing;

  # Whether a value is a file set, or a path that can be taken for one.
  isFileset = value: objection value == null;

  # A path as a file set, the empty one if nothing is there.
  maybeMissing =
    path:
    if isPath path then
      if pathExists path then single path else nothing
    else if isStringLike path then
      throw ''lib.fileset.maybeMissing: the argument ("${toString path}") is text; a path is wanted.''
    else
      throw "lib.fileset.maybeMissing: the argument is a value of type ${typeOf path}; a path is wanted.";

  # The files of two sets.
  union =
    a: b:
    unite [
      (coerce "union: First argument" a)
      (coerce "union: Second argument" b)
    ];

  # The files of all sets in a list.
  unions =
    list:
    if isList list then
      unite (lib.imap0 (n: coerce "unions: Element ${toString n}") list)
    else
      throw "lib.fileset.unions: Argument is of type ${typeOf list}, but it should be a list instead.";

  # The files that are in both sets.
  intersection =
    a: b:
    let
      first = coerce "intersection: First argument" a;
      second = coerce "intersection: Second argument" b;
      # One base has to contain the other, or there is nothing in common.
      base =
        if first.base == null || second.base == null then
          null
        else if hasPrefix first.base second.base then
          second.base
        else if hasPrefix second.base first.base then
          first.base
        else
          null;
    in
    if base == null then nothing else make base (trees.intersection first.tree second.tree);

  # The files of the first set that are not in the second.
  difference =
    positive: negative:
    let
      first = coerce "difference: First argument (positive set)" positive;
      second = coerce "difference: Second argument (negative set)" negative;
    in
    if first.base == null || second.base == null then
      first
    else
      make first.base (trees.difference /. first.tree second.tree);

  # The files below a path that satisfy a predicate on `{ name, type, hasExt }`.
  fileFilter =
    predicate: path:
    if !isFunction predicate then
      throw "lib.fileset.fileFilter: the first argument is a value of type ${typeOf predicate}; a function is wanted."
    else if path._type or "" == "fileset" then
      throw ''
        lib.fileset.fileFilter: the second argument is a file set; a path is wanted.
            To filter a file set, intersect it: `intersection fileset (fileFilter predicate ./.)`.''
    else if !isPath path then
      throw "lib.fileset.fileFilter: the second argument is a value of type ${typeOf path}; a path is wanted."
    else if !pathExists path then
      throw "lib.fileset.fileFilter: the second argument (${toString path}): there is nothing at this path."
    else if pathType path == "directory" then
      at path (trees.select predicate path)
    else
      at (dirOf path) { ${baseNameOf path} = trees.selectFile predicate (baseNameOf path) (pathType path); };

  # The files that a source of lib.sources has.
  fromSource =
    source:
    let
      isFiltered = source ? _isLibCleanSourceWith;
      path = if isFiltered then source.origSrc else source;
    in
    if !isPath path then
      if isStringLike path then
        throw ''
          lib.fileset.fromSource: the source was made from text ("${toString path}"); only sources made from paths can become file sets.
              `lib.sources` and derivations work with text.''
      else
        throw "lib.fileset.fromSource: the source was made from a value of type ${typeOf path}; a path is wanted."
    else if !pathExists path then
      throw "lib.fileset.fromSource: the source was made from ${toString path}, where there is nothing."
    else if isFiltered && pathType path == "directory" then
      at path (trees.filterBy source.filter path)
    else
      single path;

  # The files of a repository that Git tracks.
  gitTracked = path: tracked "gitTracked" "argument" path { };

  # The same, those of submodules too if so asked.
  gitTrackedWith =
    {
      recurseSubmodules ? false,
    }:
    path:
    if isBool recurseSubmodules then
      tracked "gitTrackedWith" "second argument" path { submodules = recurseSubmodules; }
    else
      throw "lib.fileset.gitTrackedWith: `recurseSubmodules` is a value of type ${typeOf recurseSubmodules}; a boolean is wanted.";

  # All files as a list of paths.
  toList =
    value:
    let
      fileset = coerce "toList: Argument" value;
    in
    if fileset.base == null then
      [ ]
    else
      trees.list (pathOf fileset.base) (trees.find fileset.base fileset.tree);

  # A source with just the files of a set, laid out as below a root directory.
  toSource =
    { root, fileset }:
    let
      files = coerce "toSource: `fileset`" fileset;
      base = toString (pathOf files.base);
      keep =
        if files.base == null then
          _: _: false
        else
          trees.sourceFilter (
            trees.place files.base (
              trees.withoutEmpty (pathOf files.base) (trees.find files.base files.tree)
            )
          );
    in
    if !isPath root then
      if root ? _isLibCleanSourceWith then
        throw ''
          lib.fileset.toSource: `root` is a source made by `lib.sources`; a path is wanted.
              Such a source can be given as `fileset`, by `lib.fileset.fromSource`, if it was made from a path.''
      else if isStringLike root then
        throw ''
          lib.fileset.toSource: `root` (${toString root}) is text; a path is wanted.
              `lib.sources` and derivations work with text.''
      else
        throw "lib.fileset.toSource: `root` is a value of type ${typeOf root}; a path is wanted."
    else if !pathExists root then
      throw "lib.fileset.toSource: `root` (${toString root}): there is nothing at this path."
    else if pathType root != "directory" then
      throw ''
        lib.fileset.toSource: `root` (${toString root}) is a file; a directory is wanted.
            - To import the file without a directory around it, use string interpolation or `builtins.path`.
            - To import it with its directory, set `root` to ${toString (dirOf root)} and `fileset` to the file.''
    else if files.base != null && !hasPrefix (componentsOf root) files.base then
      throw ''
        lib.fileset.toSource: the files of `fileset` are in ${base}, and `root` is ${toString root}, which is not above it.
            Either take ${base} or a directory above it as `root`, which the layout of the result follows,
            or leave files outside of `root` out of `fileset`.''
    else
      lib.sources.cleanSourceWith {
        name = "source";
        src = root;
        filter = keep;
      };

  # Shows the files of a set while something else is evaluated.
  trace = fileset: builtins.seq (show (coerce "trace: Argument" fileset)) (value: value);

  # Shows the files of a set and gives the set.
  traceVal =
    value:
    let
      fileset = coerce "traceVal: Argument" value;
    in
    builtins.seq (show fileset) fileset;
}
