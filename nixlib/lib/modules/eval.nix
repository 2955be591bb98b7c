# Evaluating modules: evalModules, and the same with its constant part shared for submodule types.
{
  lib,
  properties,
  declarations,
  collect,
}:
let
  inherit (builtins)
    addErrorContext
    all
    any
    concatMap
    head
    intersectAttrs
    isAttrs
    length
    map
    removeAttrs
    seq
    ;
  inherit (lib) recursiveUpdate reverseList types;
  inherit (lib.options) definitionsFor mkOption unknownModule;
  inherit (properties) mkDefault mkOptionDefault pushDownProperties;
  inherit (declarations) configsOf declarationTree evalTree;
  inherit (collect)
    definitionsModule
    flatten
    graphOf
    internalKey
    prepareList
    ;

  messages = import ./messages.nix { inherit lib; };

  # The options every evaluation has. Those of submodules are left out of documentation.
  internalOptions = nested: {
    _module = {
      args = mkOption (
        {
          type = types.lazyAttrsOf types.raw;
          description = ''
            Further arguments for the functions that modules are, beside `lib`, `config`, `options`
            and those in `specialArgs`, which cannot be changed here.

            Submodules have arguments of their own. The one they always get is `name`, the attribute
            name they are bound to.

            Since values given here may depend on `config`, they cannot decide which modules are
            imported; that takes `specialArgs`.
          '';
        }
        // (if nested then { internal = true; } else { })
      );
      check = mkOption {
        type = types.bool;
        internal = true;
        default = true;
        description = "Whether definitions without a declared option are an error.";
      };
      freeformType = mkOption {
        type = types.nullOr types.optionType;
        internal = true;
        default = null;
        description = ''
          The type by which definitions without a declared option are merged; the result is added to
          the values of the declared options. Without it (`null`) such definitions are an error.
        '';
      };
      specialArgs = mkOption {
        readOnly = true;
        internal = true;
        description = "Module arguments given by the caller of the evaluation, usable in `imports`.";
      };
    };
  };

  declaringModule = nested: {
    _file = internalKey;
    options = internalOptions nested;
  };
  topInternal = declaringModule false;
  nestedInternal = declaringModule true;
  topInternalTree = declarationTree [ topInternal ];
  nestedInternalTree = declarationTree [ nestedInternal ];

  # All declarations of a list of modules, the internal module's among them. Unless some other module
  # declares options in `_module`, the ready tree of the internal ones is added.
  treeOf =
    nested: modules:
    let
      declaring = builtins.filter (module: module.options != { }) modules;
      touchesInternal = any (
        module: isAttrs module.options && module.options ? _module && module._file != internalKey
      ) declaring;
      own = declarationTree declaring;
      internal = if nested then nestedInternalTree else topInternalTree;
    in
    if touchesInternal then
      declarationTree (declaring ++ [ (if nested then nestedInternal else topInternal) ])
    else
      {
        nodes = own.nodes // internal.nodes;
        names = own.names ++ internal.names;
        sets = own.sets ++ internal.sets;
        inherit (own) wrong;
      };

  # The values of the declared options, and with them those a freeform type makes of all other definitions.
  withFreeform =
    prefix: freeformType: merged:
    let
      declared = merged.config;
      freeform = freeformType.merge prefix (definitionsFor freeformType merged.loose);
    in
    if freeformType == null || merged.loose == [ ] then
      declared
    else if intersectAttrs freeform declared == { } then
      freeform // declared
    else
      recursiveUpdate freeform declared;

  # Null, or an error about the first definition without an option.
  checkUnmatched =
    prefix: check: freeformType: merged: options:
    if check && freeformType == null && merged.unmatched != [ ] then
      throw (
        messages.unknownOption {
          inherit prefix options;
          definition = head merged.unmatched;
        }
      )
    else
      null;

  # One evaluation of prepared modules: its `result`, and the values of the `_module` options, which unlike
  # those in the result are there even when definitions without an option make the result an error.
  run =
    {
      spec,
      prefix,
      specialArgs,
      prepared,
      # What is in `_module.args` beside what the evaluation itself puts there, and the number of definitions
      # by which it came there.
      knownArgs ? { },
      knownDefinitions ? 0,
    }:
    let
      inherit (spec) class;
      type = types.submoduleWith {
        inherit (spec) modules specialArgs class;
      };
      nested = prefix != [ ];

      args = {
        inherit lib options specialArgs;
        _class = class;
        _prefix = prefix;
        config = hinted config;
      }
      // specialArgs;

      hinted = addErrorContext "if you get an infinite recursion here, you probably reference `config` in `imports`. What is imported cannot depend on `config`: import the module always, and let an option and `mkIf` decide about its effect.";

      ownArgs = {
        inherit extendModules;
        moduleType = type;
      };
      internalDefinitions = (definitionsModule internalKey internalKey {
        _module.args = ownArgs;
        _module.specialArgs = specialArgs;
      }).node { };

      modulesPath = specialArgs.modulesPath or "";
      given = {
        inherit args;
        moduleArgs = hinted settings.args;
      };
      nodes = map (p: p.node given) prepared ++ [ internalDefinitions ];
      modules = reverseList (flatten modulesPath nodes);
      configs = configsOf modules;
      merged = evalTree prefix (treeOf nested modules) configs;

      options = merged.options;
      declared = merged.config;

      # The options in `_module` are evaluated only where modules define them, since most do not.
      internal = concatMap (c: if c.config ? _module then [ c.config._module ] else [ ]) configs;
      defining = name: builtins.filter (definitions: definitions ? _type || definitions ? ${name}) internal;
      settings = {
        args =
          if length (defining "args") == knownDefinitions + 1 then
            knownArgs // ownArgs
          else
            declared._module.args;
        check = defining "check" == [ ] || declared._module.check;
        freeformType = if defining "freeformType" == [ ] then null else declared._module.freeformType;
      };
      inherit (settings) check freeformType;
      config = withFreeform prefix freeformType merged;
      checked = seq (checkUnmatched prefix check freeformType merged options);

      extendModules =
        {
          modules ? [ ],
          specialArgs ? { },
          prefix ? spec.prefix,
        }:
        lib.modules.evalModules (
          spec.arguments
          // {
            modules = spec.modules ++ modules;
            specialArgs = spec.specialArgs // specialArgs;
            inherit prefix;
          }
        );
    in
    {
      inherit settings;
      result = {
        _type = "configuration";
        options = checked options;
        config = checked (removeAttrs config [ "_module" ]);
        _module = checked config._module;
        graph = graphOf modulesPath nodes;
        inherit extendModules class type;
      };
    };

  # What an evaluation is given, completed: the modules with those of deprecated arguments.
  specOf =
    arguments: {
      inherit arguments;
      modules =
        arguments.modules
        ++ (if arguments ? args then [ { config._module.args = arguments.args; } ] else [ ])
        ++ (
          if arguments ? check then [ { config._module.check = mkDefault arguments.check; } ] else [ ]
        );
      specialArgs = arguments.specialArgs or { };
      class = arguments.class or null;
      prefix = arguments.prefix or [ ];
    };

  warnDeprecated =
    arguments:
    lib.warnIf (arguments ? args)
      "evalModules: `args` is going away; set `config._module.args` in a module"
      (
        lib.warnIf (arguments ? check)
          "evalModules: `check` is going away; set `config._module.check` in a module"
      );
in
{
  # Evaluates modules to `{ config, options, type, extendModules, graph, class, _module }`.
  evalModules =
    arguments@{
      modules,
      prefix ? [ ],
      specialArgs ? { },
      class ? null,
      args ? { },
      check ? true,
    }:
    let
      spec = specOf arguments;
    in
    warnDeprecated arguments
      (run {
        inherit spec prefix specialArgs;
        prepared = prepareList { inherit class prefix; } unknownModule "" 1 spec.modules;
      }).result;

  # Evaluates the same modules many times, each time with a prefix and more definitions: what submodule
  # types are made of. All that does not depend on the instance is computed once.
  submoduleEvaluator =
    {
      modules,
      specialArgs,
      class,
      # Whether sets given as definitions are only configuration, never whole modules.
      definesConfig,
    }:
    let
      named = [ { _module.args.name = mkOptionDefault "‹name›"; } ] ++ modules;
      spec = specOf {
        modules = named;
        inherit specialArgs class;
      };
      context = prefix: { inherit class prefix; };
      prepared = prepareList (context [ ]) unknownModule "" 1 named;
      next = length named + 2;

      # Whether the modules take no arguments, so that their options and definitions are the same in
      # every instance.
      shareable = all (p: p.fixed) prepared;
      shared =
        let
          nodes = map (p: p.node { }) prepared;
          modulesPath = specialArgs.modulesPath or "";
          modules = flatten modulesPath nodes;
          # The modules of the list itself come first; definitions are put between them and their imports.
          listed = length (flatten modulesPath (map (node: node // { modules = [ ]; }) nodes));
          configs =
            list:
            concatMap (
              c:
              let
                config = removeAttrs c.config [ "_module" ];
              in
              if !isAttrs c.config then
                [ c ]
              else if config == { } then
                [ ]
              else
                [
                  {
                    inherit (c) file;
                    inherit config;
                  }
                ]
            ) (configsOf (reverseList list));
          declaring = builtins.filter (module: module.options != { }) (reverseList modules);
        in
        {
          tree = declarationTree declaring;
          before = configs (lib.drop listed modules);
          after = configs (lib.take listed modules);
          inherit (base.settings) check freeformType;
        };
      # Options in `_module` are of no use to the instances but have to be there when declared.
      simple = shareable && !(shared.tree.nodes ? _module);

      definitionModule =
        prefix: number: def:
        let
          key = ":anon-${toString number}";
        in
        if definesConfig && isAttrs def.value then
          definitionsModule key def.file def.value
        else
          collect.prepare (context prefix) unknownModule key {
            _file = def.file;
            imports = [ def.value ];
          };

      base = run {
        inherit spec specialArgs prepared;
        prefix = [ ];
      };

      # Evaluates an instance by the general way.
      evaluate =
        loc: defs:
        let
          name = lib.last loc;
          nameModule = definitionsModule ":anon-${toString (next - 1)}" unknownModule {
            _module.args.name = name;
          };
        in
        (run {
          spec = spec // {
            prefix = loc;
            modules =
              named
              ++ [ { _module.args.name = name; } ]
              ++ map (
                def:
                if definesConfig && isAttrs def.value then
                  {
                    _file = def.file;
                    config = def.value;
                  }
                else
                  {
                    _file = def.file;
                    imports = [ def.value ];
                  }
              ) defs;
          };
          inherit specialArgs;
          prefix = loc;
          knownArgs = { inherit name; };
          knownDefinitions = 2;
          prepared = prepared ++ [ nameModule ] ++ lib.imap0 (n: definitionModule loc (next + n)) defs;
        }).result;
    in
    {
      base = base.result;

      # An instance whose modules take no arguments and whose definitions are nothing but configuration, is
      # evaluated without loading modules; what only the general way gives is left to it.
      instance =
        loc: defs:
        let
          general = evaluate loc defs;
          configs = concatMap (
            def:
            map (config: {
              inherit (def) file;
              inherit config;
            }) (pushDownProperties def.value)
          ) (if length defs == 1 then defs else reverseList defs);
          isPlain = all (def: isAttrs def.value) defs && !any (c: c.config ? _module) configs;
          merged = evalTree loc shared.tree (shared.before ++ configs ++ shared.after);
          options = merged.options // {
            inherit (general.options) _module;
          };
          checked = seq (checkUnmatched loc shared.check shared.freeformType merged options);
        in
        if definesConfig && simple && isPlain then
          {
            _type = "configuration";
            options = checked options;
            config = checked (withFreeform loc shared.freeformType merged);
            inherit class;
            inherit (general)
              _module
              graph
              extendModules
              type
              ;
          }
        else
          general;
    };
}
