# Names: for store objects, and between the ways of joining words.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    filter
    isPath
    isString
    match
    split
    ;
in
rec {
  # A name for a store object made after a path: what may not be in it is left out.
  storeFileName = path: "hm_" + concatStringsSep "" (filter isString (split "[^a-zA-Z0-9+._?=]+" path));

  # camelCase or PascalCase to words with a separator.
  toCaseWithSeparator =
    separator: text:
    lib.removePrefix separator (
      concatStringsSep "" (
        map (part: if isString part then part else separator + lib.toLower (builtins.head part)) (
          split "([A-Z])" text
        )
      )
    );

  # camelCase as snake_case.
  toSnakeCase = toCaseWithSeparator "_";

  # camelCase as kebab-case.
  toKebabCase = toCaseWithSeparator "-";

  # Which of the ways of joining words a name follows.
  isCamelCase = text: match "[a-z]+([A-Z][a-z0-9]*)+" text != null;
  isPascalCase = text: match "[A-Z][a-z0-9]*([A-Z][a-z0-9]*)*" text != null;
  isSnakeCase = text: match "[a-z0-9]+(_[a-z0-9]+)*" text != null;
  isKebabCase = text: match "[a-z0-9]+(-[a-z0-9]+)*" text != null;
  isScreamingSnakeCase = text: match "[A-Z0-9]+(_[A-Z0-9]+)*" text != null;

  # Whether a value is a file rather than the text of one.
  isPathLike =
    x: isPath x || (isString x && lib.hasPrefix "${builtins.storeDir}/" x) || lib.isDerivation x;
}
