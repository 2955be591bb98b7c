# The table of host packages: the names it lists are those of its files, and its entries are whole.
{ lib }:
let
  inherit (builtins) attrNames attrValues filter isString sort;
  folder = ../../../nixlib/pkgs/host/table;
  table = import folder;
  inherit (import ./helpers.nix { inherit lib; }) check;
  sorted = sort (a: b: a < b);
  incomplete = filter (
    entry: !(entry ? programs && entry ? debian && entry ? fedora) || !(entry.debian == null || isString entry.debian)
  ) (attrValues table.packages ++ attrValues table.scopes.xorg);
in
lib.mapAttrsToList (
  topic: names: check "names of ${topic}" (sorted names) (attrNames (import (folder + "/${topic}.nix")))
) table.topics
++ [
  (check "names of xorg" (attrNames table.scopes.xorg) (attrNames (import (folder + "/xorg.nix"))))
  (check "names are in one topic" (lib.allUnique (lib.concatLists (attrValues table.topics))) true)
  (check "incomplete entries" incomplete [ ])
]
