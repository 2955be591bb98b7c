# `home.file`: files and directories linked into the home directory.
{
  config,
  options,
  lib,
  pkgs,
  primops,
  positions,
  ...
}:

let
  inherit (builtins)
    filter
    hasContext
    isString
    mapAttrs
    pathExists
    ;
  inherit (lib) mkOption types;
  inherit (lib.hm.strings) storeFileName;

  fileType = import ./type.nix {
    inherit lib pkgs;
    inherit (config.home) homeDirectory;
  };

  buildTree = import ./tree.nix {
    inherit lib;
    overlap = config.home.fileOverlapResolution;
  };

  # Where each entry of home.file was defined, and under which option. The xdg options define
  # entries by a function, so theirs are looked up under the names that the user wrote.
  origins =
    let
      ofOption = path: option: nameFor: {
        inherit nameFor;
        found = mapAttrs (name: position: {
          inherit position;
          option = "${path}.${lib.strings.escapeNixIdentifier name}";
        }) (positions.ofOption option);
      };
      ofXdg =
        option: home: ofOption "xdg.${option}" options.xdg.${option} (name: "${home}/${name}");
      renamed =
        source:
        lib.mapAttrs' (name: value: {
          name = source.nameFor name;
          inherit value;
        }) source.found;
    in
    # The last one wins: home.file also sees what the xdg options gave it, without a place.
    lib.foldl' (all: source: all // renamed source) { } [
      (ofOption "home.file" options.home.file (name: name))
      (ofXdg "configFile" config.xdg.configHome)
      (ofXdg "dataFile" config.xdg.dataHome)
      (ofXdg "cacheFile" config.xdg.cacheHome)
      (ofXdg "stateFile" config.xdg.stateHome)
    ];

  # The components of a relative path, or null for one that leads out of the home directory.
  normalise =
    target:
    if lib.hasPrefix "/" target then
      null
    else
      let
        step =
          done: part:
          if done == null || part == "" || part == "." then
            done
          else if part != ".." then
            done ++ [ part ]
          else if done == [ ] then
            null
          else
            lib.init done;
        parts = lib.foldl' step [ ] (filter isString (builtins.split "/" target));
      in
      if parts == [ ] then null else parts;

  # The source as a path in the store, with context.
  storePathOf =
    file:
    let
      path = toString file.source;
    in
    if hasContext path then
      path
    else if !(pathExists file.source) then
      throw "${file.label}: the source ${path} does not exist"
    else
      primops.storeObject {
        name = storeFileName (baseNameOf path);
        tree = {
          type = "copy";
          inherit (file) source;
        };
      };

  isDirectory = path: pathExists (path + "/.");

  # What a copy is made of is read when the home is switched, so it has to be in the store by then.
  leafTree =
    file: executable: path:
    if file.mode == "copy" && !(primops.staysInStore path) then
      throw "${file.label}: ${path} leads out of the store, so no copy of it can be kept; use mode = \"link\""
    else if executable == null then
      {
        type = "symlink";
        target = path;
      }
    else
      {
        # The mode belongs to the file, not to a link: a source with another mode is copied.
        type = "regular";
        source = path;
        inherit executable;
      };

  # Real directories with a leaf for each file, from a listing as packages carry it.
  listingTree =
    file: executable: node:
    if node.kind == "directory" then
      {
        type = "directory";
        entries = mapAttrs (_: listingTree file executable) node.entries;
      }
    else
      leafTree file executable node.path;

  # There are no copies of directories as such, so a link to one is followed to make copies.
  followsLinks = file: !file.ignorelinks || file.mode == "copy";

  # The same, read from the disk: `from` is listed, `to` is what links point at.
  diskTree =
    file: from: to:
    {
      type = "directory";
      entries = mapAttrs (
        name: kind:
        let
          inner = from + "/${name}";
          target = "${to}/${name}";
        in
        if kind == "directory" || (kind == "symlink" && followsLinks file && isDirectory inner) then
          diskTree file inner target
        else
          leafTree file file.executable target
      ) (builtins.readDir from);
    };

  isListed = source: builtins.isAttrs source && source ? hmListing;

  hasDirectory =
    file:
    if isListed file.source then
      file.source.hmListing.kind == "directory"
    else
      isDirectory (toString file.source);

  # Whether each file of a directory is a leaf of its own.
  isTakenApart = file: file.recursive || (file.mode == "copy" && hasDirectory file);

  treeOf =
    file:
    let
      inherit (file) source;
      path = storePathOf file;
      # A file given as a text was written with its mode.
      executable = if file.text != null then null else file.executable;
      isLinkedDirectory = hasDirectory file;
    in
    # A source that is missing is told with the file's place, so it is looked at here.
    builtins.seq source (
      if isLinkedDirectory && isTakenApart file then
        # A link that leads out of the store is refused as a whole, not for each file behind it.
        if file.mode == "copy" && !(primops.staysInStore path) then
          leafTree file null path
        else if isListed source then
          listingTree file executable source.hmListing
        else
          diskTree file (if hasContext path then path else toString source) path
      else if executable != null && !isLinkedDirectory then
        leafTree file executable path
      else
        leafTree file null path
    );

  files = map (
    name:
    let
      file = config.home.file.${name};
      origin =
        origins.${name} or {
          option = "home.file.${lib.strings.escapeNixIdentifier name}";
          position = null;
        };
      label = origin.option + positions.show origin.position;
      parts = normalise file.target;
    in
    file
    // {
      inherit name label;
      defined = origin.position;
      parts =
        if parts != null then
          parts
        else
          throw "${label}: the target ${file.target} is outside the home directory ${config.home.homeDirectory}";
    }
  ) (filter (name: config.home.file.${name}.enable) (builtins.attrNames config.home.file));

  byTarget = builtins.groupBy (file: lib.concatStringsSep "/" file.parts) files;
  conflicts = lib.filterAttrs (_: same: builtins.length same > 1) byTarget;
in
{
  options = {
    home.file = mkOption {
      type = fileType "the home directory" config.home.homeDirectory;
      default = { };
      description = "Files to link into the home directory.";
    };

    home.fileOverlapResolution = mkOption {
      type = types.enum [
        "ignore"
        "error"
        "override"
      ];
      default = "ignore";
      visible = false;
      description = ''
        What stands where a file meets one of a recursively linked directory: the directory's, an error, the file.
      '';
    };

    home-files = mkOption {
      type = types.path;
      internal = true;
      description = "The object that holds every file to be linked into the home directory.";
    };

    home.trustedParents = mkOption {
      type = types.listOf (types.strMatching "/.*");
      default = [ ];
      example = [ "/data/config" ];
      description = ''
        Directories outside the home directory into which a link in it may lead. Where ~/.config is a link to
        /data/config, files are put below it only if /data/config, or a directory above it, is listed here.
      '';
    };

    hm.homeEntries = mkOption {
      type = types.listOf types.raw;
      internal = true;
      default = [ ];
      description = "Entries of home-files that do not come from home.file, such as the units.";
    };

    hm.isFree = mkOption {
      type = types.raw;
      internal = true;
      readOnly = true;
      description = ''
        Whether hm may put a file of its own at a path below the home directory: not where home.file has one,
        nor inside a directory that it links as a whole.
      '';
    };

    hm.fileRecords = mkOption {
      type = types.raw;
      internal = true;
      readOnly = true;
      description = "The manifest's `files`.";
    };
  };

  config = {
    assertions = [
      {
        assertion = conflicts == { };
        message =
          "Conflicting managed target files: ${lib.concatStringsSep ", " (builtins.attrNames conflicts)}"
          + lib.concatStrings (
            lib.mapAttrsToList (
              target: same: "\n    ~/${target} is defined by ${lib.concatMapStringsSep " and by " (file: file.label) same}"
            ) conflicts
          );
      }
    ];

    lib.file.mkOutOfStoreSymlink =
      path:
      let
        target = toString path;
        name = storeFileName (baseNameOf target);
      in
      # Only the link is in the store; what it points at stays where the user edits it.
      primops.storeObject {
        inherit name;
        tree = {
          type = "symlink";
          inherit target;
        };
      };

    hm.fileRecords = mapAttrs (
      _: same:
      let
        file = builtins.head same;
      in
      {
        inherit (file)
          force
          onChange
          mode
          defined
          ;
        recursive = isTakenApart file;
      }
    ) byTarget;

    hm.isFree =
      path:
      let
        parts = lib.splitString "/" path;
        above = builtins.genList (depth: lib.concatStringsSep "/" (lib.take (depth + 1) parts)) (
          builtins.length parts - 1
        );
      in
      !(byTarget ? ${path})
      && lib.all (directory: lib.all isTakenApart (byTarget.${directory} or [ ])) above;

    home-files = primops.storeObject {
      name = "home-manager-files";
      tree = buildTree (
        map (file: {
          inherit (file) parts label;
          tree = builtins.addErrorContext "while placing ${file.label}" (treeOf file);
        }) files
        ++ config.hm.homeEntries
      );
    };
  };
}
