# Choosing which files of a directory go into the store, and facts about version control.
{ lib }:
let
  inherit (builtins)
    any
    concatStringsSep
    elem
    elemAt
    filter
    hasContext
    head
    isList
    isString
    length
    match
    readFile
    split
    stringLength
    substring
    ;
  inherit (lib) last;
  inherit (lib.filesystem) pathIsRegularFile;
  inherit (lib.strings)
    fileContents
    hasPrefix
    hasSuffix
    removePrefix
    removeSuffix
    ;

  # A source as origin, filter and name, whether filtered before or a plain path.
  parts =
    src:
    if src ? _isLibCleanSourceWith then
      {
        inherit (src) origSrc filter name;
      }
    else
      {
        origSrc = src;
        filter = _: _: true;
        name = "source";
      };

  filtered =
    {
      origSrc,
      filter,
      name,
    }:
    {
      _isLibCleanSourceWith = true;
      inherit origSrc filter name;
      outPath = builtins.path {
        inherit filter name;
        path = origSrc;
      };
    };

  # `{ value }` with the commit a Git repository is at, or `{ error }`.
  commitId =
    let
      absolute = base: path: if hasPrefix "/" path then path else "${base}/${path}";
      read =
        file: path:
        let
          content = fileContents (path + "/${file}");
          reference = match "ref: (.*)" content;
          packed = path + "/packed-refs";
          lines = map (match "([a-z0-9]+) ${file}") (filter isString (split "\n" (readFile packed)));
          found = filter (line: line != null) lines;
        in
        if pathIsRegularFile path then
          worktree file path
        else if pathIsRegularFile (path + "/${file}") then
          if reference == null then { value = content; } else read (head reference) path
        else if pathIsRegularFile packed then
          if found == [ ] then
            { error = "Could not find ${file} in ${toString packed}"; }
          else
            { value = head (head found); }
        else
          { error = "Not a .git directory: ${toString path}"; };

      # `.git` is a file that points elsewhere in worktrees and submodules.
      worktree =
        file: path:
        let
          pointer = match "gitdir: (.*)" (fileContents path);
          gitDir = absolute (toString (dirOf path)) (head pointer);
          commonFile = "${gitDir}/commondir";
          common = absolute gitDir (
            removeSuffix "/" (if pathIsRegularFile commonFile then fileContents commonFile else gitDir)
          );
        in
        if pointer == null then
          { error = "File contains no gitdir reference: ${toString path}"; }
        else
          read (removePrefix "${common}/" "${gitDir}/${file}") common;
    in
    read "HEAD";
in
rec {
  inherit (builtins) filterSource;

  # Leaves out what version control, editors and compilers leave behind.
  cleanSourceFilter =
    path: type:
    let
      name = baseNameOf path;
    in
    !(
      name == ".git"
      || (
        type == "directory"
        && elem name [
          ".svn"
          "CVS"
          ".hg"
          ".jj"
          ".pijul"
          "_darcs"
        ]
      )
      || hasSuffix "~" name
      || match "\\.sw[a-z]|\\..*\\.sw[a-z]" name != null
      || hasSuffix ".o" name
      || hasSuffix ".so" name
      || (type == "symlink" && hasPrefix "result" name)
      || type == "unknown"
    );

  # A source without those files.
  cleanSource =
    src:
    cleanSourceWith {
      filter = cleanSourceFilter;
      inherit src;
    };

  # A source with a filter, in addition to filters it already has.
  cleanSourceWith =
    {
      src,
      filter ? (_: _: true),
      name ? null,
    }:
    let
      original = parts src;
    in
    filtered {
      inherit (original) origSrc;
      filter = path: type: filter path type && original.filter path type;
      name = if name == null then original.name else name;
    };

  # The same source, showing what the filter decides.
  trace =
    src:
    let
      original = parts src;
    in
    filtered (
      original
      // {
        filter =
          path: type:
          let
            keep = original.filter path type;
          in
          builtins.trace "${original.name}.filter ${path} = ${lib.boolToString keep}" keep;
      }
    )
    // {
      satisfiesSubpathInvariant = src.satisfiesSubpathInvariant or false;
    };

  # Files whose path below the source matches one of some regular expressions.
  sourceByRegex =
    src: patterns:
    let
      root = "${toString (parts src).origSrc}/";
    in
    cleanSourceWith {
      filter =
        path: _:
        let
          relative = removePrefix root (toString path);
        in
        any (pattern: match pattern relative != null) patterns;
      inherit src;
    };

  # Files with one of some endings, in all directories.
  sourceFilesBySuffices =
    src: suffixes:
    cleanSourceWith {
      filter =
        path: type: type == "directory" || any (suffix: hasSuffix suffix (baseNameOf path)) suffixes;
      inherit src;
    };

  # Files matched by globs: `*` within a component, `**` for any number of components.
  sourceByGlobs =
    src: globs:
    let
      componentsOf = path: filter isString (split "/" path);
      componentPattern =
        text:
        if text == "**" then
          null
        else
          concatStringsSep "" (
            map (part: if isList part then "[^/]*" else lib.escapeRegex part) (split "\\*+" text)
          );
      matches =
        patterns: type: components:
        let
          patternCount = length patterns;
          componentCount = length components;
          from =
            p: c:
            let
              pattern = elemAt patterns p;
              component = elemAt components c;
              nextMatches = match (elemAt patterns (p + 1)) component != null;
            in
            if c >= componentCount then
              # The path is used up: a directory may still lead to a match.
              p >= patternCount || type == "directory" || type == "symlink"
            else if p >= patternCount then
              false
            else if pattern == null then
              if p + 1 == patternCount then
                true
              else if nextMatches then
                from (p + 1) c
              else
                from p (c + 1)
            else
              match pattern component != null && from (p + 1) (c + 1);
        in
        from 0 0;
      matchers = map (glob: matches (map componentPattern (componentsOf glob))) globs;
      root = "${toString src}/";
    in
    cleanSourceWith {
      filter =
        path: type:
        let
          components = componentsOf (removePrefix root path);
        in
        any (matcher: matcher type components) matchers;
      inherit src;
    };

  # Whether a path is a `.git` that tells its commit.
  pathIsGitRepo = path: commitId path ? value;

  # The commit that a `.git` is at.
  commitIdFromGitRepo =
    path:
    let
      found = commitId path;
    in
    found.value or (throw found.error);

  # Whether a string refers to store objects.
  pathHasContext = hasContext;

  # Whether cleanSource works on a value: files in the store cannot be filtered by path.
  canCleanSource = src: src ? _isLibCleanSourceWith || !hasContext (toString src);

  # Names for fetched sources.

  # The last part of a URL, without endings of archives.
  urlToName =
    url:
    let
      base = baseNameOf (removeSuffix "/" (last (lib.splitString ":" (toString url))));
      strip =
        name:
        let
          found = match "(.*)\\.(git|tar|zip|gz|tgz|bz|tbz|bz2|tbz2|lzma|txz|xz|zstd)" name;
        in
        if found == null || stringLength (head found) == stringLength name then name else strip (head found);
    in
    strip base;

  # A revision as one wants to read it: seven digits of a hash, the version in a tag.
  shortRev =
    revision:
    let
      base = baseNameOf (toString revision);
      version = match "([A-Za-z]+[-_. ]?)*(v)?([0-9.]+.*)" base;
    in
    if match "[a-f0-9]+" base != null then
      substring 0 7 base
    else if version != null then
      last version
    else
      base;

  # The tag, else the revision, else HEAD.
  revOrTag =
    revision: tag:
    if tag != null then
      tag
    else if revision != null then
      revision
    else
      "HEAD";

  # The store name of a fetched repository, in one of three styles.
  repoRevToName =
    kind:
    let
      full =
        repository: revision: suffix:
        urlToName repository
        + (if revision == null then "" else "-${shortRev revision}")
        + (if suffix == null then "" else "-${suffix}")
        + "-source";
    in
    {
      source = _: _: _: "source";
      versioned = repository: revision: _: full repository revision null;
      inherit full;
    }
    .${kind} or (throw "repoRevToName: invalid kind");
}
