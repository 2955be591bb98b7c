# What packages say about themselves: licences, platforms, priorities, the main program.
{ lib }:
let
  inherit (builtins)
    any
    isString
    match
    parseDrvName
    typeOf
    ;
  inherit (lib) assertMsg isDerivation;
in
rec {
  # A package with more meta attributes.
  addMetaAttrs =
    attributes: package:
    if package ? overrideAttrs then
      package.overrideAttrs (old: {
        meta = old.meta or { } // attributes;
      })
    else
      package // { meta = package.meta or { } // attributes; };

  # A package that build farms leave out.
  dontDistribute = addMetaAttrs { hydraPlatforms = [ ]; };

  # A package under another full name.
  setName = name: package: package // { inherit name; };

  # A package whose full name was changed by a function.
  updateName = f: package: package // { name = f package.name; };

  # Puts a word between name and version.
  appendToName =
    word:
    updateName (
      fullName:
      let
        parts = parseDrvName fullName;
      in
      "${parts.name}-${word}-${parts.version}"
    );

  # Applies a function to the packages in a set.
  mapDerivationAttrset =
    f: lib.mapAttrs (_: value: if isDerivation value then f value else value);

  # Which of two packages with the same file wins in a profile: the lower number.
  defaultPriority = 5;

  # A package with a priority.
  setPrio = priority: addMetaAttrs { inherit priority; };
  lowPrio = setPrio 10;
  hiPrio = setPrio (-10);
  lowPrioSet = mapDerivationAttrset lowPrio;
  hiPrioSet = mapDerivationAttrset hiPrio;

  # Whether a platform is meant by a system string or a pattern.
  platformMatch =
    platform: pattern:
    if isString pattern then
      platform.system or null == pattern
    else
      lib.matchAttrs (if pattern ? parsed then pattern else { parsed = pattern; }) platform;

  # Whether a package is said to work on a platform.
  availableOn =
    platform: package:
    let
      meant = any (platformMatch platform);
    in
    (!(package ? meta.platforms) || meant package.meta.platforms)
    && !(package ? meta.badPlatforms && meant package.meta.badPlatforms);

  # Licences by SPDX identifier.
  licensesSpdx = lib.mapAttrs' (_: license: {
    name = license.spdxId;
    value = license;
  }) (lib.filterAttrs (_: license: license ? spdxId) lib.licenses);

  # The licence with an SPDX identifier, in any case; a warning if there is none.
  getLicenseFromSpdxId =
    identifier:
    getLicenseFromSpdxIdOr identifier (
      lib.warn "getLicenseFromSpdxId: No license with the given SPDX ID found: ${identifier}" {
        shortName = identifier;
        spdxId = identifier;
      }
    );

  # The same with a default.
  getLicenseFromSpdxIdOr =
    let
      byLowerCase = lib.mapAttrs' (name: value: {
        name = lib.toLower name;
        inherit value;
      }) licensesSpdx;
    in
    identifier: default: byLowerCase.${lib.toLower identifier} or default;

  # The path of a package's main program.
  getExe =
    package:
    getExe' package (
      package.meta.mainProgram or (lib.warn
        "getExe: Package ${
          lib.strings.escapeNixIdentifier (package.meta.name or package.pname or package.name)
        } does not have the meta.mainProgram attribute; its name is taken for the program's. Set `meta.mainProgram`, or name the program with getExe' if there is no main one or the package is not yours."
        (lib.getName package)
      )
    );

  # The path of a program in a package.
  getExe' =
    package: program:
    assert assertMsg (isDerivation package)
      "lib.meta.getExe': the package is a value of type ${typeOf package}";
    assert assertMsg (isString program)
      "lib.meta.getExe': the program's name is a value of type ${typeOf program}";
    assert assertMsg (match ".*/.*" program == null)
      "lib.meta.getExe': \"${program}\" is a path; the name of a file in bin/ is wanted";
    "${lib.getBin package}/bin/${program}";

  # The parts of a CPE identifier, the version taken as a whole.
  cpeFullVersionWithVendor = vendor: version: {
    inherit vendor version;
    update = "*";
  };
}
