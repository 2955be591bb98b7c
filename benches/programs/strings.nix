# Texts made of many pieces, taken apart again, and changed.
{ size ? 300000 }:
let
  line = index: "name-${toString index}=${builtins.substring 0 6 (builtins.hashString "sha256" (toString index))}";
  text = builtins.concatStringsSep "\n" (builtins.genList line size);
  lines = builtins.filter builtins.isString (builtins.split "\n" text);
  changed = builtins.replaceStrings [ "name-" "=" ] [ "" " is " ] text;
in
{
  count = builtins.length lines;
  lengths = builtins.foldl' (sum: piece: sum + builtins.stringLength piece) 0 lines;
  hash = builtins.hashString "sha256" changed;
}
