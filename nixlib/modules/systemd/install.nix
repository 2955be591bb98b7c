# What [Install] asks for, as entries of the folder of units: `systemctl enable` would make the same links.
#
# A unit is upheld by way of a drop-in of what upholds it. The folders `TARGET.upholds` are known from systemd 254 on,
# the setting `Upholds=` since 249, and both mean the same.
{
  lib,
  names,
  # The folder of units in the home.
  unitDirectory,
}:

let
  inherit (builtins) concatMap isList isString;

  # What most units name needs no second look.
  usual = lib.genAttrs [
    "default.target"
    "graphical-session.target"
    "paths.target"
    "sockets.target"
    "timers.target"
  ] (_: null);

  wordsOf =
    label: key: value:
    if isString value && usual ? ${value} then
      [ value ]
    else if isString value then
      builtins.filter (word: isString word && word != "") (builtins.split "[ \t\n]+" value)
    else if isList value then
      concatMap (wordsOf label key) value
    else
      throw "${label}: Install.${key} is to be a list of unit names";

  # Two ways to say the same are one link.
  namesOf =
    label: key: value:
    let
      words = wordsOf label key value;
    in
    map (
      word:
      if usual ? ${word} || names.parseFile word != null then
        word
      else
        throw "${label}: Install.${key} has `${word}`, which is not the name of a unit: it must end in the unit's type, such as `.target`${
          lib.optionalString (lib.hasInfix "%" word) "; specifiers are not expanded here"
        }"
    ) (if builtins.length words > 1 then lib.unique words else words);
in
{
  # The unit's file, its parsed name, its Install section, and how errors call it.
  file,
  parts,
  install,
  label,
}:
let
  suffix = parts.kind;
  template = "${parts.prefix}@.${suffix}";

  instance =
    let
      value = install.DefaultInstance or null;
      name = "${parts.prefix}@${toString value}.${suffix}";
    in
    if value == null || value == "" then
      null
    else if names.parse "x@${toString value}" == null then
      throw "${label}: Install.DefaultInstance is `${toString value}`, which cannot be the name of an instance"
    else
      name;

  # The name by which another unit pulls this one in. A template is none that could run, unless it takes its instance
  # from what pulls it in.
  pulledAs =
    key: target:
    if !parts.isTemplate then
      file
    else if instance != null then
      instance
    else if lib.hasInfix "@" target then
      file
    else
      throw "${label}: `${file}` is a template, so Install.${key} has nothing to start: set Install.DefaultInstance, or define an instance, such as `${parts.prefix}@NAME`, with that ${key}";

  link = directory: name: target: {
    path = directory ++ [ name ];
    tree = {
      type = "symlink";
      inherit target;
    };
  };

  pulls =
    key: directory:
    if install ? ${key} then
      map (
        target: link [ "${target}.${directory}" ] (pulledAs key target) "../${file}"
      ) (namesOf label key install.${key})
    else
      [ ];

  upheld = map (
    target:
    let
      name = pulledAs "UpheldBy" target;
    in
    {
      path = [
        "${target}.d"
        "hm-${name}.conf"
      ];
      tree = {
        type = "regular";
        contents = "[Unit]\nUpholds=${name}\n";
        executable = false;
      };
    }
  ) (namesOf label "UpheldBy" (install.UpheldBy or [ ]));

  aliases = map (
    alias:
    let
      other = names.parseFile alias;
    in
    if other.kind != suffix then
      throw "${label}: the alias `${alias}` must end in `.${suffix}` like the unit"
    else if parts.isTemplate && !(other.isTemplate || other.instance != null) then
      throw "${label}: the alias `${alias}` of the template `${file}` must be a template or an instance too"
    else if !parts.isTemplate && (other.isTemplate || (other.instance != null && other.instance != parts.instance)) then
      throw "${label}: the alias `${alias}` must have the same instance as the unit"
    else
      {
        path = [ alias ];
        # systemd takes a link for a further name only if it leads to a file in its own folders, without looking
        # through that file's links: hm puts the name behind this one.
        tree = {
          type = "symlink";
          target = unitDirectory;
        };
        aliasOf = file;
      }
  ) (namesOf label "Alias" (install.Alias or [ ]));
in
pulls "WantedBy" "wants" ++ pulls "RequiredBy" "requires" ++ upheld ++ aliases
