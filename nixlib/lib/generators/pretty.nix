# Nix values as text for people, and cutting values that are too deep to be shown.
{ lib }:
let
  inherit (builtins)
    addErrorContext
    attrValues
    concatStringsSep
    elem
    filter
    isAttrs
    isFloat
    isInt
    isList
    isPath
    isString
    length
    mapAttrs
    replaceStrings
    split
    ;
  inherit (lib) functionArgs isFunction;
  inherit (lib.strings) escapeNixIdentifier;

  # Attributes that give a set its behaviour; replacing what is in them would break the set.
  behaviour = [
    "__functor"
    "__functionArgs"
    "__toString"
    "__pretty"
  ];
in
{
  # Replaces everything below a depth by "<unevaluated>", or throws there.
  withRecursion =
    {
      depthLimit,
      throwOnDepthLimit ? true,
    }:
    assert isInt depthLimit;
    let
      cut =
        depth: value:
        if depth <= depthLimit then
          value
        else if throwOnDepthLimit then
          throw "generators.withRecursion: the value is nested deeper than ${toString depthLimit} levels"
        else
          "<unevaluated>";
      walk =
        depth: value:
        let
          inner = x: walk (depth + 1) (cut (depth + 1) x);
        in
        if isAttrs value then
          mapAttrs (name: x: if elem name behaviour then x else inner x) value
        else if isList value then
          map inner value
        else
          cut (depth + 1) value;
    in
    walk 0;

  # A value as a Nix expression. With `allowPrettyValues`, sets `{ __pretty, val }` say how they look.
  toPretty =
    {
      allowPrettyValues ? false,
      multiline ? true,
      indent ? "",
    }:
    let
      show =
        indent: value:
        let
          open = if multiline then "\n${indent}  " else " ";
          close = if multiline then "\n${indent}" else " ";
          inner = show "${indent}  ";
          block =
            start: end: items:
            "${start}${open}${concatStringsSep open items}${close}${end}";
        in
        if isString value then
          showString open close value
        else if value == null then
          "null"
        else if value == true then
          "true"
        else if value == false then
          "false"
        else if isInt value || isPath value then
          toString value
        else if isFloat value then
          builtins.toJSON value
        else if isList value then
          if value == [ ] then "[ ]" else block "[" "]" (map inner value)
        else if isFunction value then
          showFunction value
        else if allowPrettyValues && value ? __pretty && value ? val then
          value.__pretty value.val
        else if value == { } then
          "{ }"
        else if value.type or null == "derivation" then
          "<derivation ${value.name or "???"}>"
        else
          block "{" "}" (
            attrValues (
              mapAttrs (
                name: x:
                "${escapeNixIdentifier name} = ${
                  addErrorContext "while evaluating an attribute `${name}`" (inner x)
                };"
              ) value
            )
          );

      showString =
        open: close: text:
        let
          parts = filter isString (split "\n" text);
          quoted = concatStringsSep "\\n" (
            map (replaceStrings [ "\\" "\"" "\${" ] [ "\\\\" "\\\"" "\\\${" ]) parts
          );
          escaped = map (replaceStrings [ "\${" "''" ] [ "''\${" "'''" ]) parts;
          last = lib.last escaped;
        in
        if multiline && length parts > 1 then
          "''${open}${concatStringsSep open (lib.init escaped)}${if last == "" then close else open + last}''"
        else
          "\"${quoted}\"";

      showFunction =
        f:
        let
          formals = functionArgs f;
        in
        if formals == { } then
          "<function>"
        else
          "<function, args: {${
            concatStringsSep ", " (
              attrValues (mapAttrs (name: hasDefault: if hasDefault then "${name}?" else name) formals)
            )
          }}>";
    in
    show indent;
}
