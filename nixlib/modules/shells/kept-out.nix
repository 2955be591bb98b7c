# Warnings for files of shells that the configuration manages as a whole: they get no lines, and their author may not
# know that they need some.
{
  config,
  configHome,
  fishPath,
  isInstalled,
  lib,
  loginLines,
  source,
}:

let
  cfg = config.hm;

  # What is known of the text of a file that the configuration manages as a whole, or null.
  textOf =
    path:
    let
      file = lib.findFirst (file: file.enable && file.target == path) null (
        builtins.attrValues config.home.file
      );
    in
    if !(cfg.fileRecords ? ${path}) || file == null then
      null
    else if file.text != null then
      file.text
    else if builtins.pathExists file.source && !(builtins.pathExists "${toString file.source}/.") then
      builtins.readFile file.source
    else
      null;

  keepsThemOut =
    path:
    let
      text = textOf path;
      readsOther = path != ".profile" && lib.hasInfix "/.profile" text;
      zshenv = textOf ".zshenv";
      isReadBefore = path == ".zprofile" && zshenv != null && lib.hasInfix "hm-session-vars" zshenv;
    in
    text != null && !(lib.hasInfix "hm-session-vars" text || readsOther || isReadBefore);

  # The same for a folder of fish that is linked as a whole, where a file cannot be added.
  fishFolder =
    let
      file = lib.findFirst (file: file.enable && file.target == "${configHome}/fish") null (
        builtins.attrValues config.home.file
      );
      own = "${toString file.source}/config.fish";
    in
    if cfg.isFree fishPath || file == null || !(isInstalled "fish") then
      false
    else
      !(builtins.pathExists own && lib.hasInfix "hm-session-vars" (builtins.readFile own));
in
lib.optional fishFolder (
  "~/${configHome}/fish is one link to a folder of this configuration, so packages and variables do not reach fish. "
  + "With `recursive = true` its files are linked one by one, and hm adds ${fishPath}."
)
++ map (
  path:
  "~/${path} is a file of this configuration and does not read the session's variables, so packages and variables do "
  + "not reach the shells that read it. Put into it:\n${source}"
) (builtins.filter keepsThemOut (builtins.attrNames loginLines))
