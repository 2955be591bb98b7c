# Names of units: what they consist of, and which one the place of a mount asks for.
{ lib }:

let
  inherit (builtins) elemAt isString match;

  suffixes = "service|socket|target|timer|path|slice|mount|automount|swap|device|scope";

  # What systemd escapes in a path, other than the slash.
  special = lib.stringToCharacters " !\"#$%&'()*+,;<=>?@[\\]^`{|}~-";
in
rec {
  # The parts of `PREFIX` or `PREFIX@INSTANCE`, or null for what cannot be one.
  parse =
    name:
    let
      found = match "([a-zA-Z0-9:_.\\-]+)(@([a-zA-Z0-9:_.\\@-]*))?" name;
      instance = elemAt found 2;
    in
    if found == null then
      null
    else
      {
        prefix = builtins.head found;
        isTemplate = instance == "";
        instance = if instance == "" then null else instance;
      };

  # The same for a name with the suffix of its type.
  parseFile =
    file:
    let
      found = if isString file then match "(.+)[.](${suffixes})" file else null;
      name = builtins.head found;
      parts = if found == null then null else parse name;
    in
    if parts == null then
      null
    else
      parts
      // {
        inherit name;
        kind = elemAt found 1;
      };

  # The name without suffix that a unit for this directory must have; null where that cannot be told here.
  ofPath =
    homeDirectory: path:
    let
      expanded = builtins.replaceStrings [ "%%" "%h" ] [ "%%" homeDirectory ] path;
      unknown = match ".*%[^%].*" (builtins.replaceStrings [ "%%" ] [ "" ] expanded) != null;
      plain = builtins.replaceStrings [ "%%" ] [ "%" ] expanded;
      parts = builtins.filter (part: isString part && part != "" && part != ".") (builtins.split "/" plain);
      escape = lib.strings.escapeC special;
      joined = lib.concatMapStringsSep "-" escape parts;
    in
    if unknown || match "/[ -~]*" plain == null then
      null
    else if parts == [ ] then
      "-"
    else if lib.hasPrefix "." joined then
      "\\x2e${lib.removePrefix "." joined}"
    else
      joined;
}
