# Option types: what a definition may be and how several definitions become one value.
#
# The work is done in types/: core (what a type is), scalars, containers, unions, submodules.
{ lib }:
let
  core = import ./types/core.nix { inherit lib; };
  part = file: import file { inherit lib core; };
  scalars = part ./types/scalars.nix;
  containers = part ./types/containers.nix;
  unions = part ./types/unions.nix;
  submodules = part ./types/submodules.nix;
in
{
  # Some files open `lib.types` and still write `types.` in front of a name.
  inherit (lib) types;

  inherit (core)
    addCheck
    defaultFunctor
    defaultTypeMerge
    isOptionType
    isType
    mergeTypes
    mkOptionType
    optionDescriptionPhrase
    setType
    ;
  inherit (scalars)
    anything
    attrs
    bool
    boolByOr
    commas
    enum
    envVar
    externalPath
    fileset
    float
    int
    ints
    lines
    luaInline
    nonEmptyStr
    number
    numbers
    package
    passwdEntry
    path
    pathInStore
    pathWith
    pkgs
    port
    raw
    separatedString
    shellPackage
    singleLineStr
    str
    strMatching
    string
    unspecified
    ;
  inherit (containers)
    attrListOf
    attrListWith
    attrsOf
    attrsWith
    functionTo
    lazyAttrsOf
    listOf
    loaOf
    nonEmptyListOf
    ;
  inherit (unions)
    attrTag
    coercedTo
    either
    json
    nullOr
    oneOf
    serializableValueWith
    toml
    uniq
    unique
    ;
  inherit (submodules)
    deferredModule
    deferredModuleWith
    noCheckForDocsModule
    optionDeclaration
    optionType
    submodule
    submoduleWith
    ;
}
