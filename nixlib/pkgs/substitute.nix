# Files with variables filled in: `substituteAll`, `replaceVars`, `substitute`.
{ lib, object, inspectScript }:

let
  inherit (builtins)
    attrNames
    attrValues
    filter
    isString
    replaceStrings
    ;

  at = name: "@${name}@";

  # How stdenv hands an attribute to a builder as an environment variable.
  environmentValue =
    value:
    if value == null || value == false then
      ""
    else if value == true then
      "1"
    else
      toString value;

  # The object that a filled-in text becomes, from the arguments that all functions here share.
  resultOf =
    {
      name,
      dir ? null,
      isExecutable ? false,
      meta ? { },
      passthru ? { },
      ...
    }:
    contents:
    object.mkObject {
      inherit name passthru;
      tree = object.placeAt (if dir == null || dir == "" then "" else "${dir}/${name}") (
        object.file (if isExecutable then inspectScript name contents else contents) isExecutable
      );
      meta =
        lib.optionalAttrs (
          isExecutable && dir != null && object.components dir == [ "bin" ]
        ) { mainProgram = name; }
        // meta;
    };

  # What a result is called that is given no name.
  defaultName = src: baseNameOf (toString src);

  # `@name@` for every name that Nix could call an identifier.
  placeholder = "@([a-zA-Z_][0-9A-Za-z_'-]*)@";

  # The names that a text has placeholders for.
  placeholdersIn =
    text: lib.unique (map builtins.head (filter builtins.isList (builtins.split placeholder text)));

  # Whether an attribute of substituteAll stands for a variable.
  isVariable = name: builtins.match "[a-z][a-zA-Z0-9_]*" name != null;
in
rec {
  # Every attribute whose name begins with a small letter replaces `@name@`; names that are
  # not attributes stay as they are. nixpkgs goes through the environment of a builder, hence
  # the rule for names and values.
  substituteAll =
    args:
    let
      name = args.name or (defaultName args.src);
      variables = removeAttrs (lib.filterAttrs (key: _: isVariable key) args) [
        "meta"
        "passthru"
        "postInstall"
      ] // { inherit name; };
    in
    if args ? postInstall && args.postInstall != "" then
      throw ''
        substituteAll: `postInstall` of `${name}` needs a builder, and no builder runs for host packages.
        Substitute without it, or use nixpkgs' own packages: `--pkgs nixpkgs`.''
    else
      resultOf
        (
          args
          // {
            inherit name;
            isExecutable = environmentValue (args.isExecutable or false) != "";
          }
        )
        (
          replaceStrings (map at (attrNames variables)) (map environmentValue (
            attrValues variables
          )) (builtins.readFile args.src)
        );

  # A file with every `@NAME@` replaced by the value of NAME.
  replaceVars = src: replacements: replaceVarsWith { inherit src replacements; };

  # Unlike substituteAll, this is strict both ways: a replacement that occurs nowhere and a
  # placeholder that nothing replaces are errors. `null` leaves a placeholder in place.
  replaceVarsWith =
    args@{
      src,
      replacements,
      name ? defaultName src,
      ...
    }:
    let
      text = builtins.readFile src;
      present = placeholdersIn text;
      absent = filter (variable: !lib.hasInfix (at variable) text) (attrNames replacements);
      filled = lib.filterAttrs (_: value: value != null) replacements;
      # A value may contain text that looks like a placeholder; only the source is looked at.
      forgotten = filter (variable: !(replacements ? ${variable})) present;
    in
    if absent != [ ] then
      throw "replaceVars: ${toString src} has no ${lib.concatMapStringsSep ", " at absent}, which a replacement is given for"
    else if forgotten != [ ] then
      throw (
        "replaceVars: ${toString src} has ${lib.concatMapStringsSep ", " at forgotten}, "
        + "which no replacement is given for (null leaves one as it is)"
      )
    else
      resultOf (args // { inherit name; }) (
        replaceStrings (map at (attrNames filled)) (map toString (attrValues filled)) text
      );

  # The flags of stdenv's `substitute`, as a list: `--replace OLD NEW`, `--replace-fail OLD NEW`,
  # `--replace-warn OLD NEW`, `--replace-quiet OLD NEW`, `--subst-var-by NAME VALUE`.
  substitute =
    args@{
      src,
      substitutions ? [ ],
      name ? defaultName src,
      ...
    }:
    let
      apply =
        text: flags:
        if flags == [ ] then
          text
        else
          let
            flag = builtins.head flags;
            known = builtins.elem flag [
              "--replace"
              "--replace-fail"
              "--replace-warn"
              "--replace-quiet"
              "--subst-var-by"
            ];
            first = builtins.elemAt flags 1;
            old = if flag == "--subst-var-by" then at first else first;
            new = builtins.elemAt flags 2;
          in
          if !isString flag || !known then
            throw "substitute: ${name}: `${toString flag}` is not a flag that works without a builder"
          else if builtins.length flags < 3 then
            throw "substitute: ${name}: `${flag}` needs two values"
          else if flag == "--replace-fail" && !lib.hasInfix old text then
            throw "substitute: ${toString src} does not contain `${old}`, which `--replace-fail` asks for"
          else
            apply (replaceStrings [ old ] [ (toString new) ] text) (lib.drop 3 flags);
    in
    resultOf (args // { inherit name; }) (
      apply (builtins.readFile src) (
        if isString substitutions then lib.splitString " " substitutions else substitutions
      )
    );
}
