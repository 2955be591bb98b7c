# Escaping strings for other languages: shells, regular expressions, Nix, URLs, XML, C.
{ lib }:
let
  inherit (builtins)
    attrNames
    attrValues
    concatStringsSep
    elem
    isAttrs
    isList
    map
    mapAttrs
    match
    removeAttrs
    replaceStrings
    toJSON
    ;
  inherit (import ./convert.nix { inherit lib; })
    characters
    charCodes
    charToInt
    fixedWidthString
    isStringLike
    ;

  hexByte = code: fixedWidthString 2 "0" (lib.toHexString code);

  keywords = [
    "assert"
    "else"
    "if"
    "in"
    "inherit"
    "let"
    "or"
    "rec"
    "then"
    "with"
  ];
in
rec {
  # Puts a backslash before each of some characters.
  escape = list: replaceStrings list (map (c: "\\${c}") list);

  # Writes some characters as `\xNN`.
  escapeC = list: replaceStrings list (map (c: "\\x${lib.toLower (hexByte (charToInt c))}") list);

  # Percent-encodes all but the characters RFC 3986 leaves unreserved.
  escapeURL =
    let
      unreserved = characters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
      reserved = removeAttrs charCodes unreserved;
    in
    replaceStrings (attrNames reserved) (map (code: "%${hexByte code}") (attrValues reserved));

  # One word for a POSIX shell, quoted only when it has to be.
  escapeShellArg =
    value:
    let
      text = toString value;
    in
    if match "[[:alnum:],._+:@%/-]+" text != null then
      text
    else
      "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";

  # Words for a shell, blanks between.
  escapeShellArgs = list: concatStringsSep " " (map escapeShellArg list);

  # Whether a shell takes a name for a variable.
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;

  # An assignment in Bash: sets become associative arrays, lists arrays.
  toShellVar =
    name: value:
    lib.throwIfNot (isValidPosixName name) "toShellVar: ${name} is not a valid shell variable name" (
      if isAttrs value && !isStringLike value then
        "declare -A ${name}=(${
          concatStringsSep " " (
            attrValues (mapAttrs (key: x: "[${escapeShellArg key}]=${escapeShellArg x}") value)
          )
        })"
      else if isList value then
        "declare -a ${name}=(${escapeShellArgs value})"
      else
        "${name}=${escapeShellArg value}"
    );

  # An assignment for each attribute.
  toShellVars = set: concatStringsSep "\n" (attrValues (mapAttrs toShellVar set));

  # A string as a Nix expression.
  escapeNixString = text: escape [ "$" ] (toJSON text);

  # An attribute name as Nix wants it written.
  escapeNixIdentifier =
    name:
    if match "[a-zA-Z_][a-zA-Z0-9_'-]*" name != null && !elem name keywords then
      name
    else
      escapeNixString name;

  # A pattern that matches just the string.
  escapeRegex = escape (characters "\\[{()^$?*+|.");

  # Text as it is written between tags and in quotes of XML.
  escapeXML = replaceStrings [ "\"" "'" "<" ">" "&" ] [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];
}
