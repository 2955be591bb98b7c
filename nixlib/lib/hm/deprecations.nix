# Renaming options and settings that changed their style of names.
{ lib }:
let
  inherit (builtins)
    elem
    isAttrs
    isList
    ;
in
{
  # Modules that rename options below a prefix: a name, a path, or a set with `old` and `new`.
  mkSettingsRenamedOptionModules =
    from: to:
    {
      transform ? lib.hm.strings.toSnakeCase,
    }:
    map (
      what:
      let
        old = lib.toList (if isAttrs what then what.old else what);
        new = if isAttrs what then lib.toList what.new else map transform old;
      in
      lib.mkRenamedOptionModule (from ++ old) (to ++ new)
    );

  # Renames keys at every level, with a warning for each.
  remapAttrsRecursive =
    {
      pred,
      transform,
      ignore ? [ ],
    }:
    let
      remap =
        path: value:
        if isAttrs value then
          lib.mapAttrs' (
            name: inner:
            let
              new = if pred name && !elem name ignore then transform name else name;
            in
            lib.warnIf (new != name)
              "The setting '${name}' in '${path}' was automatically renamed to '${new}'. Please update your configuration."
              {
                name = new;
                value = remap "${path}.${name}" inner;
              }
          ) value
        else if isList value then
          lib.imap0 (n: remap "${path}.[${toString n}]") value
        else
          value;
    in
    remap;
}
