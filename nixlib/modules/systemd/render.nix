# Units as text, byte for byte as home-manager writes them: sections and keys in byte order,
# `Key=value`, a line for each element of a list, `null` and empty lists left out, an empty
# string kept (systemd reads it as a reset), a section without keys left out, a blank line
# between sections.
_:

let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    isBool
    isList
    ;

  show = value: if isBool value then (if value then "true" else "false") else toString value;

  lines =
    section: key:
    let
      value = section.${key};
    in
    if isList value then
      map (item: "${key}=${show item}\n") value
    else if value == null then
      [ ]
    else
      [ "${key}=${show value}\n" ];

  # Attribute names come sorted by bytes.
  renderSection =
    unit: name:
    let
      text = concatStringsSep "" (concatMap (lines unit.${name}) (attrNames unit.${name}));
    in
    if text == "" then [ ] else [ "[${name}]\n${text}" ];
in
unit: concatStringsSep "\n" (concatMap (renderSection unit) (attrNames unit))
