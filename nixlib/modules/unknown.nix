# The error for options that no module declares: where it was defined, what was meant, and how
# to have it if only home-manager knows it.
{
  lib,
  options,
  positions,
  ...
}:

let
  inherit (builtins)
    attrNames
    concatMap
    elem
    filter
    head
    isAttrs
    sort
    ;
  inherit (lib.strings) levenshtein levenshteinAtMost;

  # Sets of options that home-manager has and nixlib lacks, wholly or for the most part.
  homeManagerSets = [
    "accounts"
    "dconf"
    "editorconfig"
    "fonts"
    "gtk"
    "home"
    "i18n"
    "manual"
    "nix"
    "pam"
    "programs"
    "qt"
    "services"
    "specialisation"
    "systemd"
    "targets"
    "wayland"
    "xdg"
    "xfconf"
    "xresources"
    "xsession"
  ];

  isOption = value: isAttrs value && value._type or null == "option";

  # The paths in a definition at which it leaves the declared options, each with the definition's
  # value there and the options that are declared beside it.
  unknownIn =
    parent: declared: value:
    concatMap (
      name:
      let
        path = parent ++ [ name ];
        known = declared.${name} or null;
      in
      if isAttrs known && !(isOption known) && isAttrs value.${name} && value.${name} ? _type == false then
        unknownIn path known value.${name}
      else
        [
          {
            inherit name parent path;
            siblings = filter (sibling: sibling != "_module") (attrNames declared);
            position = positions.ofAttribute value name;
          }
        ]
    ) (attrNames value);

  describe =
    definition:
    map (
      unknown:
      let
        similar = sort (a: b: levenshtein unknown.name a < levenshtein unknown.name b) (
          filter (levenshteinAtMost 2 unknown.name) unknown.siblings
        );
        place = if unknown.position != null then positions.show unknown.position else " (${toString definition.file})";
        quote = name: "`${lib.showOption (unknown.parent ++ [ name ])}'";
      in
      "The option `${lib.showOption unknown.path}' does not exist${place}."
      + (
        if similar != [ ] then
          "\nDid you mean ${lib.concatMapStringsSep " or " quote (lib.take 3 similar)}?"
        else if elem (head unknown.path) homeManagerSets then
          "\nhm's own modules do not have it; home-manager's may. To use those, make <home-manager> and <nixpkgs>"
          + "\nresolve (for example by NIX_PATH) and run hm with `--modules home-manager --pkgs nixpkgs`."
        else
          "\nTo make an option of your own, declare it: options.${lib.showOption unknown.path} = lib.mkOption { … };"
      )
    ) (unknownIn [ ] options definition.value);
in
{
  # With a free-form type the module system collects what no option takes, instead of refusing
  # it with a message of its own.
  config._module.freeformType = lib.mkOptionType {
    name = "nothing";
    description = "no further options";
    check = isAttrs;
    merge =
      _: definitions:
      throw (lib.concatStringsSep "\n" (lib.unique (concatMap describe definitions)));
  };
}
