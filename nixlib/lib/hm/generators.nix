# Configuration formats that only home-manager's library writes: KDL.
{ lib }:
let
  inherit (builtins)
    any
    concatMap
    concatStringsSep
    elem
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isString
    replaceStrings
    typeOf
    ;
  inherit (lib) mapAttrsToList optional splitString;

  # Every line of every text one tab further in.
  indented = texts: concatStringsSep "\n" (map (line: "\t${line}") (concatMap (splitString "\n") texts));

  block = texts: "{\n${indented texts}\n}";
in
{
  # KDL (https://kdl.dev): a node for each attribute. A set's `_args` and `_props` become arguments and
  # properties of its node, its `_children` are nodes in an order, all else are nodes too.
  toKDL =
    {
      escapeBackslashes ? false,
      escapeTabs ? false,
    }:
    let
      specials =
        [
          "\n"
          "\""
        ]
        ++ optional escapeBackslashes "\\"
        ++ optional escapeTabs "\t";
      escapes =
        [
          "\\n"
          "\\\""
        ]
        ++ optional escapeBackslashes "\\\\"
        ++ optional escapeTabs "\\t";

      literal =
        value:
        if value == null then
          "null"
        else if isBool value then
          lib.boolToString value
        else if isString value then
          "\"${replaceStrings specials escapes value}\""
        else if isInt value || isFloat value then
          toString value
        else
          throw "Cannot convert value of type ${typeOf value} to KDL literal.";

      isNested = value: isList value || isAttrs value;

      setNode =
        name: set:
        let
          nodes =
            concatMap (mapAttrsToList node) (set._children or [ ])
            ++ mapAttrsToList node (
              removeAttrs set [
                "_args"
                "_props"
                "_children"
              ]
            );
        in
        concatStringsSep " " (
          [ name ]
          ++ map literal (set._args or [ ])
          ++ mapAttrsToList (key: value: "${key}=${literal value}") (set._props or { })
          ++ optional (nodes != [ ]) (block nodes)
        );

      listNode =
        name: list:
        if name == "_children" then
          concatStringsSep "\n" (concatMap (mapAttrsToList node) list)
        else if any isNested list then
          "${name} ${block (map (node "-") list)}"
        else
          "${name} ${concatStringsSep " " (map literal list)}";

      node =
        name: value:
        if isAttrs value then
          setNode name value
        else if isList value then
          listNode name value
        else if
          elem (typeOf value) [
            "lambda"
            "path"
          ]
        then
          throw "Cannot convert `${name}', a value of type ${typeOf value}, to KDL."
        else
          "${name} ${literal value}";
    in
    set: concatStringsSep "\n" (mapAttrsToList node set) + "\n";
}
