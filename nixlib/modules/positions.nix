# Where the user's files define an attribute, for errors and for the manifest.
{ lib }:

let
  inherit (builtins) attrNames isAttrs unsafeGetAttrPos;

  ownDirectory = toString ../.;

  # Attributes that library functions such as `genAttrs` made carry a position in the library,
  # which tells a user nothing.
  isForeign = position: position != null && !(lib.hasPrefix ownDirectory position.file);

  clean =
    position:
    if isForeign position then
      {
        inherit (position) line column;
        file = toString position.file;
      }
    else
      null;

  # mkIf and its like hold the definition in `content`.
  unwrap = value: if isAttrs value && value ? _type && value ? content then unwrap value.content else value;

  # The first attribute inside a value that a user's file wrote.
  inside =
    value:
    let
      plain = unwrap value;
      candidates = map (name: clean (unsafeGetAttrPos name plain)) (attrNames plain);
    in
    if isAttrs plain && !(plain ? _type) then
      lib.findFirst (position: position != null) null candidates
    else
      null;

  ofAttribute =
    set: name:
    let
      direct = clean (unsafeGetAttrPos name set);
    in
    if direct != null then direct else inside set.${name};
  # What a definition may stand for: mkMerge has several, and mkIf, mkForce and mkOrder one inside.
  unwrapAll =
    value:
    if isAttrs value && value ? _type && value ? contents then
      builtins.concatMap unwrapAll value.contents
    else if isAttrs value && value ? _type && value ? content then
      unwrapAll value.content
    else
      [ value ];
in
rec {
  inherit inside ofAttribute;

  # Every definition of what lies at a path below the option's value, as the user's files have it: wrappers such as
  # mkForce are still there. For errors, since it looks at all definitions.
  below =
    option: path:
    let
      step =
        found: name:
        builtins.concatMap (
          at:
          map (set: {
            position = ofAttribute set name;
            value = set.${name};
          }) (builtins.filter (set: isAttrs set && set ? ${name}) (unwrapAll at.value))
        ) found;
    in
    builtins.foldl' step (map (definition: { inherit (definition) value; }) option.definitionsWithLocations) path;

  # The place of the first of them, or null.
  at =
    option: path:
    lib.findFirst (position: position != null) null (map (found: found.position) (below option path));

  # NAME -> position or null, for every attribute that the option's definitions have. Linear in
  # the number of definitions.
  ofOption =
    option:
    builtins.zipAttrsWith (_: positions: lib.findFirst (position: position != null) null positions) (
      map (
        definition:
        builtins.mapAttrs (name: _: ofAttribute definition.value name) definition.value
      ) (builtins.filter (definition: isAttrs definition.value) option.definitionsWithLocations)
    );

  # "FILE:LINE:COLUMN" in brackets, or nothing.
  show =
    position:
    lib.optionalString (
      position != null
    ) " (${position.file}:${toString position.line}:${toString position.column})";
}
