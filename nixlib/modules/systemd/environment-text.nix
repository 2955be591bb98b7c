# The session's variables as environment.d(5) writes them.
{ lib, session }:

let
  inherit (builtins) concatStringsSep isString match split;

  isName = name: match "[A-Za-z_][A-Za-z0-9_]*" name != null;

  # The pieces of a value in double quotes that mean something to a shell.
  special =
    let
      variable = "\\$[A-Za-z_][A-Za-z0-9_]*";
    in
    "(\\\\[$`\"\\\\\n]|${variable}|\\$\\{[A-Za-z_][A-Za-z0-9_]*(:[-+]([^$`\"\\{}\n]|${variable})*)?}|[$`\"\\\\\n])";

  # What each stands for in environment.d(5), where a dollar sign is doubled; null for what it does not know, such as
  # the output of a command. Lines are joined by a backslash and an n on the way to the manager.
  piece =
    found:
    if found == "\\$" then
      "$$"
    else if found == "\\\n" then
      ""
    else if found == "\\" then
      "\\\\"
    else if builtins.elem found [ "$" "`" "\"" "\n" ] then
      null
    else
      found;

  # A value in double quotes in a shell as one in double quotes here, or null.
  translate =
    value:
    if match "[^$`\"\\\\\n]*" value != null then
      value
    else
      let
        pieces = map (part: if isString part then part else piece (builtins.head part)) (split special value);
      in
      if builtins.elem null pieces then null else lib.concatStrings pieces;

  assign =
    name: value:
    let
      text = translate (if builtins.isBool value then lib.boolToString value else toString value);
    in
    lib.optionalString (isName name && text != null) "${name}=\"${text}\"\n";

  extend =
    name: directories:
    let
      known = builtins.filter (text: text != null) (map translate directories);
      rest =
        if session.usual ? ${name} then
          ":\${${name}:-${session.usual.${name}}}"
        else
          "\${${name}:+:\$${name}}";
    in
    lib.optionalString (isName name && known != [ ]) "${name}=\"${concatStringsSep ":" known}${rest}\"\n";
in
lib.concatStrings (lib.mapAttrsToList assign session.variables)
+ lib.concatStrings (lib.mapAttrsToList extend session.lists)
