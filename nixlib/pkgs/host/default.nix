# Host packages: packages whose `bin/` links to programs that the machine has already.
#
# Programs are looked for in a list of directories when a package is used, never before:
# a configuration that does not mention `pkgs.mpd` needs no mpd. A program is linked at the
# name it was found under, not at what that name links to, so that the machine's package
# manager can replace it.
{
  lib,
  primops,
  object,
  # Directories to search, in order.
  searchPath,
}:

let
  inherit (builtins)
    attrNames
    filter
    head
    isList
    mapAttrs
    ;
  inherit (lib) concatStringsSep hasPrefix;

  table = import ./table;

  find =
    name:
    primops.findProgram {
      inherit name;
      dirs = searchPath;
    };

  # The first candidate that the machine has, as { path; candidate; }, or null.
  firstFound =
    candidates:
    if candidates == [ ] then
      null
    else
      let
        path = find (head candidates);
      in
      if path != null then
        {
          inherit path;
          candidate = head candidates;
        }
      else
        firstFound (builtins.tail candidates);

  # A name as it stands in an attribute path.
  attribute = name: lib.strings.escapeNixIdentifier name;

  installHint =
    entry:
    let
      line =
        system: command: package:
        "${system}: ${if package == null then "no package" else "${command} ${package}"}";
    in
    "${line "Debian, Ubuntu" "apt install" entry.debian}\n  ${line "Fedora" "dnf install" entry.fedora}";

  missing =
    {
      package,
      program,
      candidates,
      hint,
    }:
    throw ''
      host package `${package}`: this machine has no program `${program}`
        searched for: ${concatStringsSep ", " candidates}
        searched in: ${
          if searchPath == [ ] then "no directory (hm.hostSearchPath is empty)" else concatStringsSep ":" searchPath
        }
        ${hint}
      Install it, or say in the configuration where it is:
        hm.hostPackages.${attribute package} = { ${attribute program} = "/path/to/${program}"; };'';

  warn =
    builtins.warn or (message: value: builtins.trace "warning: ${message}" value);

  # "python3." and 11 -> python3.11 if the machine has it, else the nearest newer one.
  findVersioned =
    package: entry:
    let
      rule = entry.versioned;
      exact = "${rule.stem}${toString rule.minor}";
      newer = map (minor: "${rule.stem}${toString minor}") (lib.range (rule.minor + 1) rule.upTo);
      found = firstFound ([ exact ] ++ newer);
    in
    if found == null then
      missing {
        inherit package;
        program = exact;
        candidates = [ "${exact} and newer, up to ${rule.stem}${toString rule.upTo}" ];
        hint = installHint entry;
      }
    else if found.candidate == exact then
      found.path
    else
      warn "host package `${package}`: this machine has no ${exact}; ${found.path} is taken instead" found.path;

  # { NAME-IN-BIN = [ CANDIDATE … ]; } from either form of `programs`.
  candidatesOf = programs: if isList programs then lib.genAttrs programs (name: [ name ]) else programs;

  package =
    {
      name,
      # { NAME-IN-BIN = PATH; }
      links,
      mainProgram,
    }:
    object.mkObject {
      inherit name;
      tree = object.directory {
        bin = object.directory (mapAttrs (_: object.symlink) links);
      };
      meta = {
        inherit mainProgram;
        description = "Programs of this machine, linked";
      };
      passthru.hostPrograms = links;
    };

  fromTable =
    name: entry:
    let
      required = candidatesOf entry.programs;
      resolve =
        program: candidates:
        let
          found = firstFound candidates;
        in
        if found != null then
          found.path
        else
          missing {
            package = name;
            inherit program candidates;
            hint = installHint entry;
          };
      versionedPath = findVersioned name entry;
      optional = lib.filterAttrs (_: path: path != null) (
        lib.genAttrs (filter (program: !(required ? ${program})) (entry.optional or [ ])) find
      );
      programs = if isList entry.programs then entry.programs else attrNames entry.programs;
    in
    package {
      inherit name;
      links =
        optional
        // (if entry ? versioned then mapAttrs (_: _: versionedPath) required else mapAttrs resolve required);
      mainProgram = entry.main or (if builtins.elem name programs then name else head programs);
    };

  fromDeclaration =
    name: programs:
    let
      resolve =
        program: where:
        let
          # A path literal is used where it is: adding it to the store would copy the program
          # away from the files beside it.
          wanted = toString where;
          absolute = hasPrefix "/" wanted;
          found = find wanted;
        in
        if wanted == "" || (!absolute && lib.hasInfix "/" wanted) then
          throw "hm.hostPackages.${attribute name}.${attribute program}: `${wanted}` is neither an absolute path nor a name to search for"
        else if found != null then
          found
        else if absolute then
          throw "hm.hostPackages.${attribute name}.${attribute program}: `${wanted}` is not an executable file"
        else
          missing {
            package = name;
            inherit program;
            candidates = [ wanted ];
            hint = "declared by hm.hostPackages.${attribute name}.${attribute program}";
          };
    in
    package {
      inherit name;
      links = mapAttrs resolve programs;
      mainProgram = if programs ? ${name} then name else head (attrNames programs);
    };

  # Distributions package python's modules, not pythons with modules.
  pythonExtras =
    name: pkg:
    pkg
    // {
      withPackages =
        _:
        throw ''
          host package `${name}` has no `withPackages`: modules come from the machine (on Debian as python3-MODULE packages).
          For a python with modules of its own, install Nix and use nixpkgs: `--pkgs nixpkgs`.'';
      interpreter = "${pkg}/bin/python3";
      pythonVersion = lib.removePrefix "python" pkg.meta.mainProgram;
    };

  tablePackages = mapAttrs (
    name: entry:
    let
      pkg = fromTable name entry;
    in
    if hasPrefix "python3" name then pythonExtras name pkg else pkg
  ) table.packages;

  scopes = mapAttrs (scope: mapAttrs fromTable) table.scopes;
in
{
  # The packages of the table.
  packages = scopes // tablePackages;

  # Those of `hm.hostPackages`: NAME -> { PROGRAM = PATH or name to search for; }.
  declare = mapAttrs fromDeclaration;
}
