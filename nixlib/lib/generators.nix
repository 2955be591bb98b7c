# Writing values in the notation of configuration files: key-value, INI, Git, dconf, JSON, property lists,
# Dhall, Lua, and Nix itself as people like to read it.
{ lib }:
let
  lines = import ./generators/lines.nix { inherit lib; };
  trees = import ./generators/trees.nix { inherit lib; };
  pretty = import ./generators/pretty.nix { inherit lib; };
in
{
  inherit (lines)
    mkDconfKeyValue
    mkKeyValueDefault
    mkValueStringDefault
    toDconfINI
    toGitINI
    toINI
    toINIWithGlobalSection
    toKeyValue
    ;
  inherit (trees)
    mkLuaInline
    toDhall
    toJSON
    toLua
    toPlist
    toYAML
    ;
  inherit (pretty) toPretty withRecursion;
}
