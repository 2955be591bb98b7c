# Looks in scripts for secrets whose path only systemd could make sense of.
#
# `sops.secrets.NAME.path` may begin with a specifier such as `%r`, the runtime directory. systemd
# expands it in a unit; a script would look for a file of that very name.
{ lib }:

# The secrets of a configuration, then the name and the text of a script; returns the text.
secrets: name: text:
let
  unexpanded = builtins.filter (secret: builtins.match "%[a-zA-Z].*" secret.path != null) (
    builtins.attrValues secrets
  );
  used = builtins.filter (secret: lib.hasInfix secret.path text) unexpanded;
in
if used == [ ] then
  text
else
  lib.warn (
    "the script `${name}` contains ${lib.concatMapStringsSep ", " (secret: "`${secret.path}`") used}: "
    + "systemd expands such a specifier in a unit, but nothing expands it inside a script. "
    + "Give the path in the unit, as an argument or by Environment=, or set sops.defaultSymlinkPath to a real directory."
  ) text
