# Loading modules: from what users write in `imports` (paths, functions, sets) to a flat list of uniform
# modules, without duplicates and without the disabled ones.
#
# Loading has two stages. `prepare` does all that needs no module arguments; what it gives is applied
# to the arguments once per evaluation. A submodule type prepares its modules once for all instances.
{ lib, properties }:
let
  inherit (builtins)
    all
    attrNames
    concatMap
    elem
    filter
    genericClosure
    head
    isAttrs
    isList
    isString
    mapAttrs
    removeAttrs
    substring
    typeOf
    ;
  inherit (lib) functionArgs isFunction;
  inherit (lib.options) showDefs unknownModule;
  inherit (properties) mkMerge;

  metaKeys = [
    "_class"
    "_file"
    "key"
    "disabledModules"
    "imports"
    "freeformType"
  ];
  shorthandKeys = metaKeys ++ [ "require" ];
  explicitKeys = metaKeys ++ [
    "options"
    "config"
    "meta"
  ];

  # A module in its uniform form: `_file _class key disabledModules imports options config`.
  unifyModuleSyntax =
    file: key: m:
    let
      explicit = m ? config || m ? options;
      unknown = attrNames (removeAttrs m explicitKeys);
      settings =
        if explicit then
          if m ? meta then
            mkMerge [
              (m.config or { })
              { inherit (m) meta; }
            ]
          else
            m.config or { }
        else
          removeAttrs m shorthandKeys;
    in
    if !isAttrs m then
      throw "module ${file} (${key}) does not look like a module."
    else if explicit && unknown != [ ] then
      throw "Module `${key}' has an unsupported attribute `${head unknown}'. A module with `config' or `options' has its definitions in `config': move there what stands beside it (${toString unknown})."
    else
      {
        _file = toString m._file or file;
        _class = m._class or null;
        key = toString m.key or key;
        disabledModules = m.disabledModules or [ ];
        imports = if explicit then m.imports or [ ] else m.require or [ ] ++ m.imports or [ ];
        options = if explicit then m.options or { } else { };
        config =
          if m ? freeformType then
            mkMerge [
              settings
              { _module.freeformType = m.freeformType; }
            ]
          else
            settings;
      };

  # Calls a module function. `given.args` are the arguments known beforehand; all others come from the value
  # of `_module.args`, which is `given.moduleArgs`.
  argumentSupplier =
    key: f:
    let
      wanted = functionArgs f;
      supply =
        moduleArgs: name: _:
        builtins.addErrorContext ''while evaluating the module argument `${name}' in "${key}":'' (
          builtins.addErrorContext
            "the argument `${name}` is not a special one, so it is looked up in `_module.args`, which takes `config`"
            moduleArgs.${name}
        );
    in
    { args, moduleArgs }:
    let
      missing = removeAttrs wanted (attrNames args);
    in
    f (if missing == { } then args else args // mapAttrs (supply moduleArgs) missing);

  applyModuleArgsIfFunction =
    key: f:
    args@{ config, ... }:
    if isFunction f then
      argumentSupplier key f {
        inherit args;
        moduleArgs = config._module.args;
      }
    else
      f;

  messages = import ./messages.nix { inherit lib; };

  # The key under which `disabledModules` knows a module.
  disabledKey =
    modulesPath: file: item:
    if isString item then
      if substring 0 1 item == "/" then item else "${toString modulesPath}/${item}"
    else if lib.strings.isConvertibleWithToString item then
      if item ? key && item.key != toString item then
        throw "Module `${file}` contains a disabledModules item that converts to the string ${toString item} but has the `.key` attribute ${item.key}. Which module is meant is ambiguous."
      else
        toString item
    else if item ? key then
      item.key
    else if isAttrs item then
      throw "Module `${file}` contains a disabledModules item that is an attribute set, presumably a module, that does not have a `key` attribute. Nothing identifies the module that should be disabled. Use a string relative to modulesPath, a path, or a set with a `key`."
    else
      throw "Each disabledModules item must be a path, a string, a set with a `key`, or something toString accepts; but `${toString file}` has one of type ${typeOf item}.";

  # `context` holds what does not change within an evaluation: `class`, `prefix`.
  #
  # A prepared module is `{ fixed, declares, node }`: `node given` gives the loaded module with its imports;
  # `fixed` says that it ignores the arguments; `declares` (meaningful when fixed) that it declares
  # options or disables modules, itself or through its imports.
  prepare =
    context: file: key: m:
    if isFunction m then
      varying context file key (argumentSupplier key m)
    else if isAttrs m then
      let
        type = m._type or "module";
      in
      if type == "module" then
        constant context (unifyModuleSyntax file key m)
      else if type == "if" || type == "override" then
        constant context (unifyModuleSyntax file key { config = m; })
      else
        throw (
          messages.notAModule {
            inherit file type;
            inherit (context) class prefix;
          }
        )
    else if isList m then
      throw "Module imports can't be nested lists: take one pair of brackets away. Definitions: ${
        showDefs [
          {
            inherit file;
            value = m;
          }
        ]
      }"
    else
      let
        path = toString m;
        content = import m;
      in
      if isFunction content then
        varying context path path (argumentSupplier path content)
      else
        constant context (unifyModuleSyntax path path content);

  varying = context: file: key: supply: {
    fixed = false;
    declares = true;
    node =
      given:
      let
        module = unifyModuleSyntax file key (supply given);
      in
      nodeOf context module (map (p: p.node given) (importsOf context module));
  };

  constant =
    context: module:
    let
      imports = importsOf context module;
      fixed = all (p: p.fixed) imports;
      node = nodeOf context module (map (p: p.node { }) imports);
    in
    {
      inherit fixed;
      declares =
        module.options != { } || module.disabledModules != [ ] || builtins.any (p: p.declares) imports;
      node =
        if fixed then _: node else given: nodeOf context module (map (p: p.node given) imports);
    };

  importsOf = context: module: prepareList context module._file module.key 1 module.imports;

  nodeOf =
    context: module: imported:
    {
      inherit (checkClass context.class module) key;
      inherit module;
      modules = imported;
      disabled =
        (
          if module.disabledModules == [ ] then
            [ ]
          else
            [
              {
                file = module._file;
                items = module.disabledModules;
              }
            ]
        )
        ++ concatMap (node: node.disabled) imported;
    };

  checkClass =
    class: module:
    if class == null || module._class == null || module._class == class then
      module
    else
      throw ''
        The module `${module._file}` (class: ${lib.strings.escapeNixString module._class}) cannot be imported into a module evaluation that expects class ${lib.strings.escapeNixString class}.

        Help: check that this is the module you mean, and that its `_class` is the one its users expect.
      '';

  # Prepares a list; anonymous modules are numbered from `first`.
  prepareList =
    context: file: key: first: list:
    lib.imap0 (n: prepare context file "${key}:anon-${toString (first + n)}") list;

  isDisabledBy =
    modulesPath: nodes:
    let
      keys = concatMap (entry: map (disabledKey modulesPath entry.file) entry.items) (
        concatMap (node: node.disabled) nodes
      );
    in
    if keys == [ ] then null else node: elem node.key keys;

  # All modules reachable from the nodes, each key once, in order of discovery.
  flatten =
    modulesPath: nodes:
    let
      disabled = isDisabledBy modulesPath nodes;
      keep = if disabled == null then list: list else filter (node: !disabled node);
    in
    map (node: node.module) (genericClosure {
      startSet = keep nodes;
      operator = node: keep node.modules;
    });

  # The import graph as data, the module system's own module left out.
  internalKey = "lib/modules.nix";
  graphOf =
    modulesPath: nodes:
    let
      disabled = isDisabledBy modulesPath nodes;
      describe = node: {
        inherit (node) key;
        file = node.module._file;
        disabled = disabled != null && disabled node;
        imports = map describe node.modules;
      };
    in
    map describe (filter (node: node.key != internalKey) nodes);
in
{
  inherit
    applyModuleArgsIfFunction
    flatten
    graphOf
    internalKey
    prepare
    prepareList
    unifyModuleSyntax
    ;

  # A module that is attributed to a file when it does not say so itself.
  setDefaultModuleLocation = file: m: {
    _file = file;
    imports = [ m ];
  };

  # What evalModules makes of a list of modules, for callers outside the module system.
  collectModules =
    modulesPath: modules: args:
    let
      context = {
        class = null;
        prefix = args._prefix or [ ];
      };
      node =
        prepared:
        prepared.node {
          inherit args;
          moduleArgs = args.config._module.args;
        };
      nodes = map node (prepareList context unknownModule "" 1 modules);
    in
    {
      modules = flatten modulesPath nodes;
      graph = graphOf modulesPath nodes;
    };

  # A module given as definitions only, for callers that know it has no imports and no options.
  definitionsModule = key: file: config: {
    fixed = true;
    declares = false;
    node =
      let
        node = {
          inherit key;
          modules = [ ];
          disabled = [ ];
          module = {
            _file = file;
            _class = null;
            inherit key config;
            disabledModules = [ ];
            imports = [ ];
            options = { };
          };
        };
      in
      _: node;
  };

  inherit unknownModule;
}
