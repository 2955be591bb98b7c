# Looking at files during evaluation.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatMap
    filter
    listToAttrs
    match
    pathExists
    readDir
    ;
  inherit (lib.strings) hasSuffix removeSuffix;
in
rec {
  inherit (builtins)
    baseNameOf
    dirOf
    hashFile
    isPath
    readDir
    ;

  # Older evaluators only tell the types of a directory's entries.
  readFileType =
    builtins.readFileType or (
      path:
      if toString path == "/" then
        "directory"
      else
        (readDir (dirOf path)).${baseNameOf path} or (throw "getting status of '${toString path}': No such file or directory")
    );

  # "regular", "directory", "symlink" or "unknown"; an error if there is nothing.
  pathType = readFileType;

  # Whether there is a directory, or a regular file, at a path.
  pathIsDirectory = path: pathExists path && readFileType path == "directory";
  pathIsRegularFile = path: pathExists path && readFileType path == "regular";

  # All files below a directory.
  listFilesRecursive =
    directory:
    let
      entries = readDir directory;
    in
    concatMap (
      name:
      let
        path = directory + "/${name}";
      in
      if entries.${name} == "directory" then listFilesRecursive path else [ path ]
    ) (attrNames entries);

  # The nearest directory at or above a file with an entry that matches a pattern: `{ path, matches }`.
  locateDominatingFile =
    pattern: file:
    let
      climb =
        directory:
        let
          matches = filter (found: found != null) (map (match pattern) (attrNames (readDir directory)));
        in
        if matches != [ ] then
          {
            path = directory;
            inherit matches;
          }
        else if toString directory == "/" then
          null
        else
          climb (dirOf directory);
      isDirectory =
        toString file == "/" || (readDir (dirOf file)).${baseNameOf file} or null == "directory";
    in
    climb (if isDirectory then file else dirOf file);

  # The Haskell packages directly below a directory, by name.
  haskellPathsInDir =
    root:
    listToAttrs (
      filter (entry: pathExists (entry.value + "/${entry.name}.cabal")) (
        map (name: {
          inherit name;
          value = root + "/${name}";
        }) (attrNames (readDir root))
      )
    );

  # Packages from a tree of files: `x.nix` and directories with a `package.nix` are called.
  packagesFromDirectoryRecursive =
    arguments@{
      callPackage,
      newScope ? throw "lib.packagesFromDirectoryRecursive: newScope wasn't passed in args",
      directory,
    }:
    let
      entriesWith =
        inner:
        lib.concatMapAttrs (
          name: type:
          let
            path = directory + "/${name}";
          in
          if type == "directory" then
            { ${name} = packagesFromDirectoryRecursive (inner // { directory = path; }); }
          else if type != "regular" then
            throw ''
              lib.filesystem.packagesFromDirectoryRecursive: Unsupported file type ${type} at path ${toString path}
            ''
          else if hasSuffix ".nix" name then
            { ${removeSuffix ".nix" name} = inner.callPackage path { }; }
          else
            { }
        ) (readDir directory);
      package = directory + "/package.nix";
    in
    if pathExists package then
      callPackage package { }
    else if arguments ? newScope then
      lib.recurseIntoAttrs (
        lib.makeScope newScope (self: entriesWith (arguments // { inherit (self) callPackage newScope; }))
      )
    else
      entriesWith arguments;

  # The file that importing a path reads.
  resolveDefaultNix =
    path:
    if pathIsDirectory path then
      path + "/default.nix"
    else if builtins.isString path && hasSuffix "/" path then
      path + "default.nix"
    else
      path;
}
