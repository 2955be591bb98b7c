# From the `options` of all modules to one tree of declarations, and from that tree plus the `config` of
# all modules to values.
#
# The tree knows nothing of where it is mounted, so a submodule whose modules are all plain sets builds
# its tree once and shares it between all its instances.
{
  lib,
  properties,
  definitions,
}:
let
  inherit (builtins)
    all
    attrNames
    concatLists
    concatMap
    concatStringsSep
    filter
    foldl'
    head
    isAttrs
    length
    mapAttrs
    removeAttrs
    sort
    typeOf
    unsafeGetAttrPos
    zipAttrsWith
    ;
  inherit (lib.options)
    isOption
    placeOf
    showFiles
    showOption
    ;
  inherit (lib) types;
  inherit (properties) pushDownProperties;
  inherit (definitions) evalOption;

  # Groups the attributes of several sets into lists, values untouched.
  group =
    sets:
    if sets == [ ] then
      { }
    else if length sets == 1 then
      mapAttrs (_: value: [ value ]) (head sets)
    else
      zipAttrsWith (_: values: values) sets;

  positionOf =
    decl:
    if decl.pos or null != null then
      decl.pos
    else
      {
        file = decl._file;
        line = null;
        column = null;
      };

  locate = file: map (lib.modules.setDefaultModuleLocation file);

  refuseDeclarationType =
    loc: actual: file:
    throw (
      concatStringsSep "\n\n" (
        [
          "In module ${file}: expected an option declaration at option path `${showOption loc}` but got an attribute set with type ${actual}"
        ]
        ++ lib.optional (actual == "option-type") ''
          A type alone declares no option: it goes into a call of `mkOption`, like this:
              ${lib.optionalString (length loc > 1) "\n    # ${showOption loc}"}
              ${lib.strings.escapeNixIdentifier (lib.last loc)} = lib.mkOption {
                type = …;  # the one that stands here alone
                description = "…";
              };
        ''
      )
    );

  refuseNesting =
    loc: decls:
    let
      parent = head (filter (decl: isOption decl.options) decls);
      describe =
        decl: name:
        " - option(s) with prefix `${showOption (loc ++ [ name ])}' in module `${decl._file}'";
      children = concatMap (decl: map (describe decl) (attrNames decl.options)) (
        filter (decl: !isOption decl.options) decls
      );
    in
    throw "The option `${showOption loc}' in module `${parent._file}' would be a parent of the following options, but its type `${
      parent.options.type.description or "<no description>"
    }' does not support nested options.\n${concatStringsSep "\n" (sort (a: b: a < b) children)}";

  # A declaration for what lies inside a submodule option, as a submodule of its own, to be merged with it.
  asSubmodule =
    decl:
    if isOption decl.options then
      decl
    else
      decl
      // {
        options = lib.options.mkOption {
          type = types.submoduleWith {
            modules = [ { inherit (decl) options; } ];
            shorthandOnlyDefinesConfig = null;
          };
        };
      };

  # What is declared under one name. A node is `{ opt }` (one declaration, ready), `{ decls }` (needs its
  # place to be merged, since that may fail with a message) or `{ tree }`.
  nodeOf =
    decls:
    let
      typed = filter (decl: decl.options ? _type) decls;
    in
    if typed == [ ] then
      { tree = declarationTree decls; }
    else if length decls == 1 && (head decls).options._type == "option" then
      {
        opt = fixupOptionType null (mergeOptionDecls null decls);
      }
    else
      { inherit decls; };

  # Merges the declarations of one name that cannot be settled without knowing the place.
  optionAt =
    loc: decls:
    let
      typed = filter (
        decl:
        decl.options ? _type
        && (decl.options._type == "option" || refuseDeclarationType loc decl.options._type decl._file)
      ) decls;
    in
    if length typed == length decls then
      fixupOptionType loc (mergeOptionDecls loc decls)
    else if all (decl: decl.options.type.name or null == "submodule") typed then
      fixupOptionType loc (mergeOptionDecls loc (map asSubmodule decls))
    else
      refuseNesting loc decls;

  # Completes a merged declaration: a type, and submodule types extended by what the declarations add.
  fixupOptionType =
    _loc: opt:
    if opt.type.getSubModules or null == null then
      opt // { type = opt.type or types.unspecified; }
    else
      opt
      // {
        type = opt.type.substSubModules opt.options;
        options = [ ];
      };

  # One declaration from several (`{ _file, options, pos }`) of the same option.
  mergeOptionDecls =
    loc: decls:
    let
      submodulesOf =
        decl:
        let
          modules = decl.options.type.getSubModules or null;
        in
        if modules == null then [ ] else locate decl._file modules;
      add =
        acc: decl:
        let
          clash =
            key: decl.options ? ${key} && acc ? ${key};
          refused = throw "The option `${showOption loc}' in `${decl._file}' is already declared in ${showFiles acc.declarations}.";
          merged = acc.type.typeMerge decl.options.type.functor;
        in
        if clash "default" || clash "example" || clash "description" || clash "apply" then
          refused
        else
          decl.options
          // acc
          // {
            declarations = acc.declarations ++ [ decl._file ];
            declarationPositions = acc.declarationPositions ++ [ (positionOf decl) ];
            options = submodulesOf decl ++ acc.options;
          }
          // (
            if clash "type" then
              if merged == null then refused else { type = merged; }
            else
              { }
          );
      start = {
        inherit loc;
        declarations = [ ];
        declarationPositions = [ ];
        options = [ ];
      };
    in
    if length decls == 1 then
      let
        decl = head decls;
      in
      decl.options
      // {
        inherit loc;
        declarations = [ decl._file ];
        declarationPositions = [ (positionOf decl) ];
        options = submodulesOf decl;
      }
    else
      foldl' add start decls;

  # The tree of all declarations in a list of `{ _file, options }`.
  declarationTree =
    decls:
    let
      wrong = filter (decl: !isAttrs decl.options) decls;
      nodes = mapAttrs (_: nodeOf) (
        group (
          map (
            decl:
            mapAttrs (name: options: {
              inherit (decl) _file;
              inherit options;
              pos = unsafeGetAttrPos name decl.options;
            }) decl.options
          ) decls
        )
      );
      names = attrNames nodes;
    in
    {
      inherit nodes names;
      wrong = wrong;
      # The names below which definitions have to be looked for.
      sets = filter (name: nodes.${name} ? tree) names;
    };

  refuseTree =
    prefix: decl:
    throw ''
      `options.${concatStringsSep "." prefix}' is a value of type `${typeOf decl.options}', where
      declarations are expected. Values of options belong into `config'.
    '';

  refuseConfig =
    prefix: config:
    throw ''
      In module `${placeOf config}', you're trying to define a value of type `${typeOf config.config}'
      rather than an attribute set for the option
      `${concatStringsSep "." prefix}'!

      What is declared there are the options inside of it; define one of those.
    '';

  # Puts the definitions (`{ file, config }`, each config a set without properties around it) onto the tree.
  # They become `{ file, value, pos }` for the options; a position is only looked up for messages.
  # `options` and `config` mirror the tree; `unmatched` lists each definition without an option, with its
  # path; `loose` holds the same definitions as one set per origin, ready for a freeform type.
  evalTree =
    prefix: tree: configs:
    let
      checked =
        if all (c: isAttrs c.config) configs then
          configs
        else
          refuseConfig prefix (head (filter (c: !isAttrs c.config) configs));

      definitionsByName =
        if length checked == 1 then
          let
            inherit (head checked) file config;
          in
          mapAttrs (name: value: [
            {
              inherit file value;
              pos = unsafeGetAttrPos name config;
            }
          ]) config
        else
          group (
            map (
              c:
              mapAttrs (name: value: {
                inherit (c) file;
                inherit value;
                pos = unsafeGetAttrPos name c.config;
              }) c.config
            ) checked
          );

      resultOf =
        name: node:
        if node ? opt then
          evalOption (prefix ++ [ name ]) node.opt (definitionsByName.${name} or [ ])
        else if node ? tree then
          evalTree (prefix ++ [ name ]) node.tree (
            concatMap (
              def:
              map (config: {
                inherit (def) file pos;
                inherit config;
              }) (pushDownProperties def.value)
            ) (definitionsByName.${name} or [ ])
          )
        else
          let
            loc = prefix ++ [ name ];
          in
          evalOption loc (optionAt loc node.decls) (definitionsByName.${name} or [ ]);

      results = mapAttrs resultOf (
        if tree.wrong == [ ] then tree.nodes else refuseTree prefix (head tree.wrong)
      );
      undeclared = removeAttrs definitionsByName tree.names;
    in
    {
      options = mapAttrs (_: result: result.options) results;
      config = mapAttrs (_: result: result.config) results;

      unmatched =
        if configs == [ ] then
          [ ]
        else
          let
            prefixed = name: map (def: def // { prefix = [ name ] ++ def.prefix or [ ]; });
          in
          concatLists (
            lib.mapAttrsToList prefixed (
              lib.genAttrs tree.sets (name: results.${name}.unmatched) // undeclared
            )
          );

      loose =
        if configs == [ ] then
          [ ]
        else
          concatMap (
            name:
            map (def: {
              inherit (def) file;
              value.${name} = def.value;
            }) results.${name}.loose
          ) tree.sets
          ++ (
            if undeclared == { } then
              [ ]
            else
              concatMap (
                c:
                let
                  value = removeAttrs c.config tree.names;
                in
                if value == { } then
                  [ ]
                else
                  [
                    {
                      inherit (c) file;
                      inherit value;
                    }
                  ]
              ) checked
          );
    };

  # The definitions of a list of modules, properties pushed down one level.
  configsOf = concatMap (
    module:
    map (config: {
      file = module._file;
      inherit config;
    }) (pushDownProperties module.config)
  );
in
{
  inherit
    configsOf
    declarationTree
    evalTree
    fixupOptionType
    mergeOptionDecls
    ;

  # Merges modules (`{ _file, options, config }`) below a prefix.
  mergeModules =
    prefix: modules:
    let
      merged = evalTree prefix (declarationTree modules) (configsOf modules);
    in
    {
      matchedOptions = merged.options;
      unmatchedDefns = merged.unmatched;
    };

  # The same with the definitions given separately.
  mergeModules' =
    prefix: modules: configs:
    let
      merged = evalTree prefix (declarationTree modules) configs;
    in
    {
      matchedOptions = merged.options;
      unmatchedDefns = merged.unmatched;
    };
}
