# `lib.hm.strings`: names.
{ lib }:

{
  # A store object name for a file of any name: "hm_" and what is left after dropping every
  # character a store name cannot have. "-" goes too: before a digit it would read as a version.
  storeFileName =
    path:
    "hm_"
    + lib.concatStrings (
      builtins.filter builtins.isString (
        builtins.split "[^a-zA-Z0-9+._?=]+" (builtins.unsafeDiscardStringContext path)
      )
    );
}
