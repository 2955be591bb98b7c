# The session's variables for the user manager, and so for services and for what a desktop starts: a file that
# environment.d(5) tells of. Its values are the ones that shells get, as far as they can be written there.
{
  config,
  lib,
  ...
}:

let
  inherit (builtins) concatStringsSep isString match split;
  cfg = config.hm;
  inherit (cfg) session;

  configHome = lib.removePrefix (config.home.homeDirectory + "/") config.xdg.configHome;
  # Before 10-home-manager.conf, which can refer to what this one sets and has the last word.
  path = "${configHome}/environment.d/10-hm.conf";

  isName = name: match "[A-Za-z_][A-Za-z0-9_]*" name != null;

  # The pieces of a value in double quotes that mean something to a shell.
  special =
    let
      variable = "\\$[A-Za-z_][A-Za-z0-9_]*";
    in
    "(\\\\[$`\"\\\\\n]|${variable}|\\$\\{[A-Za-z_][A-Za-z0-9_]*(:[-+]([^$`\"\\{}]|${variable})*)?}|[$`\"\\\\])";

  # What each stands for in environment.d(5), where a dollar sign is doubled; null for what it does not know, such as
  # the output of a command.
  piece =
    found:
    if found == "\\$" then
      "$$"
    else if found == "\\\n" then
      ""
    else if found == "\\" then
      "\\\\"
    else if found == "$" || found == "`" || found == "\"" then
      null
    else
      found;

  # A value in double quotes in a shell as one in double quotes here, or null.
  translate =
    value:
    if match "[^$`\"\\\\]*" value != null then
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

  text =
    lib.concatStrings (lib.mapAttrsToList assign session.variables)
    + lib.concatStrings (lib.mapAttrsToList extend session.lists);
in
{
  config.hm.homeEntries =
    lib.mkIf (config.systemd.user.enable && session.isNeeded && text != "" && cfg.isFree path)
      [
        {
          parts = lib.splitString "/" path;
          label = "the session's variables for the user manager";
          tree = {
            type = "regular";
            contents = text;
            executable = false;
          };
        }
      ];
}
