# From the units of a configuration to the files, drop-ins and links below the folder of units, and to what the manifest
# says of them.
{
  config,
  options,
  lib,
  pkgs,
  primops,
  positions,
  # Option below systemd.user -> suffix of its units.
  kinds,
}:

let
  inherit (builtins)
    attrNames
    concatMap
    isString
    listToAttrs
    match
    ;

  cfg = config.systemd.user;
  given = options.systemd.user;

  names = import ./names.nix { inherit lib; };
  render = import ./render.nix { };
  spell = import ./spelling.nix { inherit lib pkgs; };
  installEntries = import ./install.nix { 
    inherit lib names;
    unitDirectory = "${config.xdg.configHome}/systemd/user";
  };

  # Where units lie, relative to the home directory; xdg.nix sees to it that it is below.
  configPath = lib.removePrefix (config.home.homeDirectory + "/") config.xdg.configHome;
  directoryPath = "${configPath}/systemd/user";
  directoryParts = builtins.filter (part: isString part && part != "") (
    builtins.split "/" configPath
  ) ++ [
    "systemd"
    "user"
  ];

  hasPackages = cfg.packages != [ ];
  packages = import ./packages.nix {
    inherit lib primops;
    inherit (cfg) packages;
  };
  packaged = if hasPackages then packages.entries else { };

  # The files that the options define: what a package brings under one of these names gives way.
  isDefined = file: parts: cfg.${optionOf.${parts.kind}} ? ${parts.name};
  optionOf = lib.mapAttrs' (option: suffix: lib.nameValuePair suffix option) kinds;

  exists =
    file:
    let
      parts = names.parseFile file;
    in
    packaged ? ${file} || (optionOf ? ${parts.kind} && isDefined file parts);

  # Whether a unit says nothing by sections, but for links: home-manager's replace what a package has, NixOS's add to it.
  isNixos =
    written:
    builtins.all (name: match "[A-Z].*" name == null || name == "Install" || isEmpty written.${name}) (
      attrNames written
    );
  isEmpty = section: builtins.all (value: value == null || value == [ ]) (builtins.attrValues section);

  # What is in a drop-in: links are made of [Install] here, and systemd does not read it there.
  dropIn =
    label: at: content:
    let
      text = render (removeAttrs content [ "Install" ]);
    in
    if text == "" then
      [ ]
    else
      [
        {
          path = at;
          tree = {
            type = "regular";
            contents = text;
            executable = false;
          };
        }
      ];

  mask = {
    type = "symlink";
    target = "/dev/null";
  };

  # What units of packages that `Also=` names ask for; other units do so by themselves.
  also =
    label: seen: install:
    concatMap (
      file:
      let
        asked = packages.installOf packaged.${file}.source;
      in
      if packaged ? ${file} && !(builtins.elem file seen) then
        installEntries {
          inherit file label;
          parts = names.parseFile file;
          install = asked;
        }
        ++ also label (seen ++ [ file ]) asked
      else
        [ ]
    ) (concatMap (lib.splitString " ") (lib.toList (install.Also or [ ])));

  # A mount must be called like its place; what systemd says of that is found in its journal only.
  checkedPlace =
    label: name: section: content:
    let
      where = content.${section}.Where or null;
      expected = names.ofPath config.home.homeDirectory where;
    in
    if where == null || !(isString where) then
      throw "${label}: ${section}.Where is missing, the directory to mount at"
    else if expected != null && expected != name then
      throw "${label}: a unit for ${where} must be called `${lib.strings.escapeNixIdentifier expected}`, since systemd derives its name from ${section}.Where"
    else
      content;

  checked =
    label: parts: content:
    if parts.kind == "mount" then
      checkedPlace label parts.name "Mount" content
    else if parts.kind == "automount" then
      checkedPlace label parts.name "Automount" content
    else
      content;

  # The entries of one unit, from the option that holds it and the attribute in there.
  entriesOf =
    {
      option,
      attribute,
      file,
      parts,
      written,
      label,
      # Whether it is one of systemd.user.overrides.
      isOverride,
    }:
    let
      content = if spell.isSpelled parts.kind written then sections else written;
      sections = builtins.addErrorContext "while reading the unit ${label}" (spell.convert {
        inherit label;
        inherit (parts) kind name;
        isWhole = !isDropIn;
        placeOf = path: positions.show (positions.at option ([ attribute ] ++ path));
        isForced =
          path:
          lib.any (found: found.value._type or null == "override" && found.value.priority < 100) (
            positions.below option ([ attribute ] ++ path)
          );
      } written);
      install = content.Install or { };
      strategy = written.overrideStrategy or null;

      template = "${parts.prefix}@.${parts.kind}";
      isInstance = parts.instance != null && exists template;
      commands = lib.toList (written.Service.ExecStart or [ ]) ++ lib.toList (written.serviceConfig.ExecStart or [ ]);
      # A command that does not begin with a reset would be a second one beside that of the original.
      hasCommand =
        written.script or "" != "" || (commands != [ ] && builtins.head commands != "");

      isDropIn =
        isOverride
        || strategy == "asDropin"
        || (packaged ? ${file} && (strategy == "asDropinIfExists" || isNixos written))
        || (isInstance && !hasCommand);

      installed =
        if install == { } then
          [ ]
        else
          installEntries { inherit file parts install label; }
          ++ lib.optionals (hasPackages && install ? Also) (also label [ ] install);
    in
    if !(written.enable or true) then
      [
        {
          path = [ file ];
          tree = mask;
        }
      ]
    else if isDropIn then
      dropIn label [ "${file}.d" (if isOverride then "hm.conf" else "overrides.conf") ] content
      ++ lib.optional (isInstance && !isOverride) {
        path = [ file ];
        tree = {
          type = "symlink";
          target = template;
        };
      }
      ++ installed
    else
      [
        {
          path = [ file ];
          tree = {
            type = "regular";
            contents = builtins.addErrorContext "while writing the unit ${label}" (
              render (checked label parts content)
            );
            executable = false;
          };
        }
      ]
      ++ installed;

  unit =
    option: suffix: found: name:
    let
      file = "${name}.${suffix}";
      # The timer of `startAt` comes from here, not from a file of the user.
      defined =
        if found.${name} or null == null && suffix == "timer" && cfg.services ? ${name} then
          positions.at given.services [
            name
            "startAt"
          ]
        else
          found.${name} or null;
      label = "systemd.user.${option}.${lib.strings.escapeNixIdentifier name}${positions.show defined}";
      parts = names.parse name;
    in
    if parts == null then
      throw "${label}: `${name}` cannot be the name of a unit: letters, digits and : _ . \\ @ - are allowed"
    else
      {
        inherit file label defined;
        entries = entriesOf {
          option = given.${option};
          attribute = name;
          inherit file label;
          parts = parts // {
            inherit name;
            kind = suffix;
          };
          written = cfg.${option}.${name};
          isOverride = false;
        };
      };

  override =
    found: file:
    let
      defined = found.${file} or null;
      label = "systemd.user.overrides.${lib.strings.escapeNixIdentifier file}${positions.show defined}";
      parts = names.parseFile file;
    in
    if parts == null || !(optionOf ? ${parts.kind}) then
      throw "${label}: `${file}` is not the name of a unit: it must end in the unit's type, such as `${file}.service`"
    else
      {
        inherit file label defined;
        entries = entriesOf {
          option = given.overrides;
          attribute = file;
          inherit file label parts;
          written = cfg.overrides.${file};
          isOverride = true;
        };
      };

  units =
    concatMap (
      option:
      let
        found = positions.ofOption given.${option};
      in
      map (unit option kinds.${option} found) (attrNames cfg.${option})
    ) (attrNames kinds)
    ++ (
      if cfg.overrides == { } then
        [ ]
      else
        map (override (positions.ofOption given.overrides)) (attrNames cfg.overrides)
    );

  pathOf = lib.concatStringsSep "/";

  # What packages bring, unless something else has its place.
  fromPackages =
    let
      taken = listToAttrs (
        concatMap (
          one:
          map (entry: {
            name = pathOf entry.path;
            value = null;
          }) one.entries
        ) units
      );
    in
    builtins.attrValues (removeAttrs packaged (attrNames taken));

  # A file and drop-ins may be about the same unit; what it was defined by first is its own place.
  record =
    ones:
    let
      inherit (builtins.head ones) file defined;
      entries =
        if builtins.tail ones == [ ] then
          (builtins.head ones).entries
        else
          concatMap (one: map (entry: entry // { inherit (one) defined; }) one.entries) ones;
      sorted = builtins.partition (entry: entry.path == [ file ]) entries;
      others = builtins.partition (entry: lib.hasSuffix ".conf" (lib.last entry.path)) sorted.wrong;
      part = entry: {
        path = "${directoryPath}/${pathOf entry.path}";
        defined = entry.defined or defined;
      };
      inherit (if sorted.right != [ ] || packaged ? ${file} then { path = [ file ]; } else builtins.head entries) path;
    in
    {
      path = "${directoryPath}/${pathOf path}";
      inherit defined;
    }
    // (if others.right == [ ] then { } else { dropIns = map part others.right; })
    // (if others.wrong == [ ] then { } else { links = map part others.wrong; });

  # Package units that no option says anything about.
  packageRecords = listToAttrs (
    concatMap (
      entry:
      let
        file = builtins.head entry.path;
      in
      if builtins.length entry.path == 1 && names.parseFile file != null then
        [
          {
            name = file;
            value = {
              path = "${directoryPath}/${file}";
              defined = null;
            };
          }
        ]
      else
        [ ]
    ) (builtins.attrValues packaged)
  );
in
{
  entries =
    concatMap (
      one:
      map (entry: {
        parts = directoryParts ++ entry.path;
        inherit (entry) tree;
        inherit (one) label;
      }) one.entries
    ) units
    ++ (
      if hasPackages then
        map (entry: {
          parts = directoryParts ++ entry.path;
          inherit (entry) tree label;
        }) fromPackages
      else
        [ ]
    );

  aliases = listToAttrs (
    concatMap (
      one:
      concatMap (
        entry: if entry ? aliasOf then [ (lib.nameValuePair "${directoryPath}/${pathOf entry.path}" entry.aliasOf) ] else [ ]
      ) one.entries
    ) units
  );

  records =
    (if hasPackages then packageRecords else { })
    // builtins.mapAttrs (_: record) (builtins.groupBy (one: one.file) (builtins.filter (one: one.entries != [ ]) units));
}
