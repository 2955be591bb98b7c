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
      lib.fileset: Directly evaluating a file set is not supported.
        To turn it into a usable source, use `lib.fileset.toSource`.
        To pretty-print the contents, use `lib.fileset.trace` or `lib.fileset.traceVal`.'';
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
          (${toString value}) is a path that does not exist.
              To create a file set from a path that may not exist, use `lib.fileset.maybeMissing`.''
    else if value ? _isLibCleanSourceWith then
      ''
        is a `lib.sources`-based value, but it should be a file set or a path instead.
            To convert a `lib.sources`-based value to a file set you can use `lib.fileset.fromSource`.
            Note that this only works for sources created from paths.''
    else if isStringLike value then
      ''
        ("${toString value}") is a string-like value, but it should be a file set or a path instead.
            Paths represented as strings are not supported by `lib.fileset`, use `lib.sources` or derivations instead.''
    else
      "is of type ${typeOf value}, but it should be a file set or a path instead.";

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
      expected = "lib.fileset.${function}: Expected the ${argument}";
    in
    if !isPath path then
      throw "${expected} to be a path, but it's a ${typeOf path} instead."
    else if pathType path != "directory" then
      throw "${expected} (${toString path}) to be a directory, but it's a file instead."
    else if lib.path.hasStorePathPrefix path then
      if isRepository then
        throw "lib.fileset.${function}: The ${argument} (${toString path}) is a store path within a working tree of a Git repository. Use a fetcher such as `fetchGit` instead of copying the repository into the store."
      else
        single path
    else if !isRepository then
      throw "${expected} (${toString path}) to point to a local working tree of a Git repository, but it's not."
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
      throw ''lib.fileset.maybeMissing: Argument ("${toString path}") is a string-like value, but it should be a path instead.''
    else
      throw "lib.fileset.maybeMissing: Argument is of type ${typeOf path}, but it should be a path instead.";

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
      throw "lib.fileset.fileFilter: First argument is of type ${typeOf predicate}, but it should be a function instead."
    else if path._type or "" == "fileset" then
      throw ''
        lib.fileset.fileFilter: Second argument is a file set, but it should be a path instead.
            If you need to filter files in a file set, use `intersection fileset (fileFilter pred ./.)` instead.''
    else if !isPath path then
      throw "lib.fileset.fileFilter: Second argument is of type ${typeOf path}, but it should be a path instead."
    else if !pathExists path then
      throw "lib.fileset.fileFilter: Second argument (${toString path}) is a path that does not exist."
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
          lib.fileset.fromSource: The source origin of the argument is a string-like value ("${toString path}"), but it should be a path instead.
              Sources created from paths in strings cannot be turned into file sets, use `lib.sources` or derivations instead.''
      else
        throw "lib.fileset.fromSource: The source origin of the argument is of type ${typeOf path}, but it should be a path instead."
    else if !pathExists path then
      throw "lib.fileset.fromSource: The source origin (${toString path}) of the argument is a path that does not exist."
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
      throw "lib.fileset.gitTrackedWith: Expected the attribute `recurseSubmodules` of the first argument to be a boolean, but it's a ${typeOf recurseSubmodules} instead.";

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
          lib.fileset.toSource: `root` is a `lib.sources`-based value, but it should be a path instead.
              To use a `lib.sources`-based value, convert it to a file set using `lib.fileset.fromSource` and pass it as `fileset`.
              Note that this only works for sources created from paths.''
      else if isStringLike root then
        throw ''
          lib.fileset.toSource: `root` (${toString root}) is a string-like value, but it should be a path instead.
              Paths in strings are not supported by `lib.fileset`, use `lib.sources` or derivations instead.''
      else
        throw "lib.fileset.toSource: `root` is of type ${typeOf root}, but it should be a path instead."
    else if !pathExists root then
      throw "lib.fileset.toSource: `root` (${toString root}) is a path that does not exist."
    else if pathType root != "directory" then
      throw ''
        lib.fileset.toSource: `root` (${toString root}) is a file, but it should be a directory instead. Potential solutions:
            - To import the file without a directory around it, use string interpolation or `builtins.path`.
            - To import it with its directory, set `root` to ${toString (dirOf root)} and `fileset` to the file.''
    else if files.base != null && !hasPrefix (componentsOf root) files.base then
      throw ''
        lib.fileset.toSource: `fileset` could contain files in ${base}, which is not under the `root` (${toString root}). Potential solutions:
            - Set `root` to ${base} or any directory higher up. This changes the layout of the resulting store path.
            - Set `fileset` to a file set that cannot contain files outside the `root` (${toString root}). This could change the files included in the result.''
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
