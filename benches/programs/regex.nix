# Regular expressions: many short texts matched by a few patterns, and one long text split.
{ size ? 150000 }:
let
  text = index: "package-${toString index}.${toString (index / 3)}-rc${toString (index / 100)}";
  texts = builtins.genList text size;
  parts = text: builtins.match "([a-z]+)-([0-9]+)\\.([0-9]+)(-rc([0-9]+))?" text;
  numbers = builtins.foldl' (
    sum: text: sum + builtins.stringLength (builtins.elemAt (parts text) 2)
  ) 0 texts;
  misses = builtins.filter (text: builtins.match ".*[.]tar[.](gz|xz)" text != null) texts;
  pieces = builtins.split "([-.])" (builtins.concatStringsSep " " texts);
in
[ numbers (builtins.length misses) (builtins.length pieces) ]
