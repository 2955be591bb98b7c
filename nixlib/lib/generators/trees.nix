# Formats for nested values: JSON, property lists, Dhall, Lua.
{ lib }:
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    concatStringsSep
    filter
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isPath
    isString
    mapAttrs
    match
    typeOf
    ;
  inherit (lib) isDerivation isFunction;
  json = builtins.toJSON;
  toList = f: set: attrValues (mapAttrs f set);
in
rec {
  # JSON on one line.
  toJSON = { }: json;

  # JSON is YAML.
  toYAML = { }: json;

  # macOS' property list. Without `escape`, text is written as it is.
  toPlist =
    {
      escape ? false,
    }:
    value:
    let
      text = if escape then lib.strings.escapeXML else x: x;
      block =
        indent: tag: lines:
        concatStringsSep "\n" ([ "${indent}<${tag}>" ] ++ [ (concatStringsSep "\n" lines) ] ++ [ "${indent}</${tag}>" ]);
      entries =
        indent: set:
        concatMap (
          name:
          if name == "_module" || set.${name} == null then
            [ ]
          else
            [
              "${indent}<key>${text name}</key>"
              (show indent set.${name})
            ]
        ) (attrNames set);
      show =
        indent: x:
        let
          inner = "\t${indent}";
        in
        if x == null then
          ""
        else if isBool x then
          "${indent}<${lib.boolToString x}/>"
        else if isInt x then
          "${indent}<integer>${toString x}</integer>"
        else if isString x || isPath x then
          "${indent}<string>${text (toString x)}</string>"
        else if isFloat x then
          "${indent}<real>${toString x}</real>"
        else if isList x then
          block indent "array" (map (show inner) x)
        else if isAttrs x then
          block indent "dict" (entries inner x)
        else
          abort "generators.toPlist: type ${typeOf x} is unsupported";
    in
    lib.warnIf (!escape) "lib.generators.toPlist: give `escape = true`; text that is not escaped is going away" ''
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      ${show "" value}
      </plist>'';

  # A Dhall expression; naturals are written as integers.
  toDhall =
    { }@options:
    value:
    let
      show = toDhall options;
    in
    if isAttrs value then
      "{ ${concatStringsSep ", " (toList (name: x: "${name} = ${show x}") value)} }"
    else if isList value then
      "[ ${concatStringsSep ", " (map show value)} ]"
    else if isInt value then
      "${if value < 0 then "" else "+"}${toString value}"
    else if isBool value then
      (if value then "True" else "False")
    else if isFunction value then
      abort "generators.toDhall: cannot convert a function to Dhall"
    else if value == null then
      abort "generators.toDhall: cannot convert a null to Dhall"
    else
      json value;

  # A Lua value; with `asBindings`, a set becomes assignments to variables.
  toLua =
    {
      multiline ? true,
      indent ? "",
      asBindings ? false,
    }@options:
    value:
    let
      deeper = "${indent}  ";
      open = if multiline then "\n${deeper}" else " ";
      close = if multiline then "\n${indent}" else " ";
      show = toLua (
        options
        // {
          indent = if asBindings then indent else deeper;
          asBindings = false;
        }
      );
      table = items: "{${open}${concatStringsSep ",${open}" items}${close}}";
      isVariable = name: match "[[:alpha:]_][[:alnum:]_]*(\\.[[:alpha:]_][[:alnum:]_]*)*" name != null;
      wrongNames = filter (name: !isVariable name) (attrNames value);
    in
    if asBindings then
      assert lib.assertMsg (
        wrongNames == [ ]
      ) "Bad Lua var names: ${lib.generators.toPretty { } wrongNames}";
      concatStringsSep "" (toList (name: x: "${indent}${name} = ${show x}\n") value)
    else if value == null then
      "nil"
    else if isInt value || isFloat value || isString value || isBool value then
      json value
    else if isPath value || isDerivation value then
      json "${value}"
    else if value == [ ] || value == { } then
      "{}"
    else if isList value then
      table (map show value)
    else if isAttrs value && value._type or null == "lua-inline" then
      "(${value.expr})"
    else if isAttrs value then
      table (toList (name: x: "[${json name}] = ${show x}") value)
    else
      abort "generators.toLua: type ${typeOf value} is unsupported";

  # Lua code to be put into a value as it is.
  mkLuaInline = expr: {
    _type = "lua-inline";
    inherit expr;
  };
}
