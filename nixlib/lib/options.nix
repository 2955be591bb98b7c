# Options as values: declaring them, merging simple definitions, showing them in messages and manuals.
{ lib }:
let
  inherit (builtins)
    all
    concatLists
    concatMap
    concatStringsSep
    filter
    foldl'
    head
    isAttrs
    isBool
    isInt
    isList
    isString
    length
    mapAttrs
    match
    removeAttrs
    tail
    ;
  inherit (lib) isFunction optional optionalAttrs;

  # The folder that holds this library and everything that comes with it.
  libraryDirectory = "${toString ../.}/";

  changePriority = ''
    Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.
  '';
in
rec {
  # Whether a value is an option declaration.
  isOption = x: x._type or "" == "option";

  # Declares an option. All of the arguments are kept as attributes of `options.PATH`.
  mkOption =
    declaration@{
      default ? null,
      defaultText ? null,
      example ? null,
      description ? null,
      relatedPackages ? null,
      type ? null,
      apply ? null,
      internal ? null,
      visible ? null,
      readOnly ? null,
    }:
    declaration // { _type = "option"; };

  # A boolean option, false by default, described as "Whether to enable NAME."
  mkEnableOption =
    name:
    mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
    };

  # An option for a package out of `pkgs`, by default the one of the given name or attribute path.
  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      path = lib.toList default;
      shown = lib.attrsets.showAttrPath path;
      shortName = if isList name then lib.last name else name;
      defaults =
        if default != null then
          {
            default = lib.attrByPath path (throw "${shown} cannot be found in ${pkgsText}") pkgs;
            defaultText = literalExpression "${pkgsText}.${shown}";
          }
        else
          optionalAttrs nullable { default = null; };
    in
    mkOption (
      defaults
      // {
        type = if nullable then lib.types.nullOr lib.types.package else lib.types.package;
        description =
          "The ${shortName} package to use." + (if extraDescription == "" then "" else " ${extraDescription}");
      }
      // optionalAttrs (example != null) {
        example = literalExpression (
          if isList example then "${pkgsText}.${lib.attrsets.showAttrPath example}" else example
        );
      }
    );

  # An option that accepts any definition and cannot be read.
  mkSinkUndeclaredOptions =
    attrs:
    mkOption (
      {
        internal = true;
        visible = false;
        default = false;
        description = "Sink for option definitions.";
        type = lib.types.mkOptionType {
          name = "sink";
          check = _: true;
          merge = _: _: false;
        };
        apply = _: throw "Option value is not readable because the option is not declared.";
      }
      // attrs
    );

  # Merges by what the values are: lists and strings are joined, sets united, booleans or-ed.
  mergeDefaultOption =
    loc: defs:
    let
      values = getValues defs;
      first = head values;
    in
    if length values == 1 then
      first
    else if all isFunction values then
      x: mergeDefaultOption loc (map (f: f x) values)
    else if all isList values then
      concatLists values
    else if all isAttrs values then
      foldl' (a: b: a // b) { } values
    else if all isBool values then
      lib.any (x: x) values
    else if all isString values then
      concatStringsSep "" values
    else if all isInt values && all (x: x == first) values then
      first
    else
      throw "Cannot merge definitions of `${showOption loc}'. Definition values:${showDefs defs}";

  # Refuses more than one definition.
  mergeOneOption = mergeUniqueOption { message = ""; };

  # The same with a reason in the message, and a merge function for the only definition.
  mergeUniqueOption =
    {
      message,
      merge ? (_: defs: (head defs).value),
    }:
    loc: defs:
    if length defs == 1 then
      merge loc defs
    else
      assert defs != [ ];
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${showDefs defs}\n${changePriority}";

  # Accepts several definitions as long as all are equal.
  mergeEqualOption =
    loc: defs:
    let
      first = head defs;
      differing = filter (def: def.value != first.value) (tail defs);
    in
    if defs == [ ] then
      abort "mergeEqualOption: `${showOption loc}' has no definition."
    else if length defs == 1 || differing == [ ] then
      first.value
    else
      throw "The option `${showOption loc}' has conflicting definition values:${
        showDefs [
          first
          (head differing)
        ]
      }\n${changePriority}";

  # The values of definitions.
  getValues = map (def: def.value);

  # The files of definitions.
  getFiles = map (def: def.file);

  # All options of an option set as a flat list of data, for manuals.
  optionAttrSetToDocList = optionAttrSetToDocList' [ ];

  # The same, as its recursion wants it; the first argument is not used.
  optionAttrSetToDocList' =
    _: options:
    concatMap (
      opt:
      let
        name = showOption opt.loc;
        visible = opt.visible or true;
        shown = what: value: builtins.addErrorContext "while evaluating the ${what} of option `${name}`" (
          renderOptionValue value
        );
        emptyValue = (opt.type or { }).emptyValue or { };
        hasSubmodules = (opt.type or { }).getSubModules or null != null;
        entry = {
          inherit (opt) loc;
          inherit name;
          description = opt.description or null;
          declarations = filter (file: file != unknownModule) opt.declarations;
          internal = opt.internal or false;
          visible = if isBool visible then visible else visible == "shallow";
          readOnly = opt.readOnly or false;
          type = opt.type.description or "unspecified";
        }
        // optionalAttrs (opt ? example) { example = shown "example" opt.example; }
        // (
          if opt ? defaultText then
            { default = shown "defaultText" opt.defaultText; }
          else if opt ? default then
            { default = shown "default value" opt.default; }
          else
            optionalAttrs (emptyValue ? value && !hasSubmodules) {
              default = shown "default value" emptyValue.value;
            }
        )
        // optionalAttrs (opt.relatedPackages or null != null) { inherit (opt) relatedPackages; };
        nested = opt.type.getSubOptions opt.loc;
        descend = if isBool visible then visible else visible == "transparent";
      in
      [ entry ] ++ (if descend && nested != { } then optionAttrSetToDocList' opt.loc nested else [ ])
    ) (lib.collect isOption options);

  # Replaces derivations by their names, so that showing a value builds nothing.
  scrubOptionValue =
    x:
    if lib.isDerivation x then
      {
        type = "derivation";
        drvPath = x.name;
        outPath = x.name;
        inherit (x) name;
      }
    else if isList x then
      map scrubOptionValue x
    else if isAttrs x then
      mapAttrs (_: scrubOptionValue) (removeAttrs x [ "_args" ])
    else
      x;

  # A default or example as text, unless it is text already.
  renderOptionValue =
    value:
    if value ? _type && value ? text then
      value
    else
      literalExpression (
        lib.generators.toPretty {
          multiline = true;
          allowPrettyValues = true;
        } value
      );

  # Marks text in manuals as a Nix expression.
  literalExpression =
    text:
    if isString text then
      {
        _type = "literalExpression";
        inherit text;
      }
    else
      throw "literalExpression expects a string.";

  # Marks text in manuals as Markdown.
  literalMD =
    text:
    if isString text then
      {
        _type = "literalMD";
        inherit text;
      }
    else
      throw "literalMD expects a string.";

  # Marks text in manuals as code in some language.
  literalCode =
    language: text:
    literalMD ''
      ```${language}
      ${text}
      ```
    '';

  # The path of an option as one writes it in a configuration.
  showOption =
    parts:
    concatStringsSep "." (
      map (
        part:
        if part == "*" || match "<(.*)>" part != null then
          part
        else
          lib.strings.escapeNixIdentifier part
      ) parts
    );

  # Files as they stand in messages.
  showFiles = files: concatStringsSep " and " (map (file: "`${file}'") files);

  # Where a definition stands: its file, with the line and column of the attribute when it is in that file.
  # A set that comes from another file is pointed out there; attributes that functions of this library made
  # have a position in it, which would tell nothing.
  placeOf =
    def:
    let
      pos = def.pos or null;
      where = "${toString pos.file}:${toString pos.line}:${toString pos.column}";
    in
    if pos == null then
      toString def.file
    else if toString pos.file == toString def.file then
      where
    else if lib.hasPrefix libraryDirectory (toString pos.file) then
      toString def.file
    else
      "${toString def.file}' at `${where}";

  # Definitions as the merge of a type takes them: positions are only for those that ask for them.
  definitionsFor = type: defs: if type.merge ? takesPositions then defs else map withoutPosition defs;
  withoutPosition = def: removeAttrs def [ "pos" ];

  # Definitions as an indented listing, long values cut after five lines.
  showDefs =
    defs:
    let
      shown =
        value:
        lib.generators.toPretty { } (
          lib.generators.withRecursion {
            depthLimit = 10;
            throwOnDepthLimit = false;
          } value
        );
      describe =
        def:
        let
          attempt = builtins.tryEval (shown def.value);
          lines = filter isString (builtins.split "\n" attempt.value);
          text = concatStringsSep "\n    " (lib.take 5 lines ++ optional (length lines > 5) "...");
        in
        "\n- In `${placeOf def}'${
          if !attempt.success then
            ""
          else if length lines > 1 then
            ":\n    ${text}"
          else
            ": ${text}"
        }";
    in
    concatStringsSep "" (map describe defs);

  # An option and the files that define it, as lines.
  showOptionWithDefLocs =
    opt:
    "${showOption opt.loc}, with values defined in:\n"
    + concatStringsSep "\n" (map (file: "  - ${file}") opt.files)
    + "\n";

  # What stands for the file of a module that came from none.
  unknownModule = "<unknown-file>";
}
