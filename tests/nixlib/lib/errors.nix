# Messages of errors: for each case an expression that fails (`expr`) and the lines its message has to
# contain, indentation aside (`lines`).
#
# Nix cannot look at messages, so these are for whoever runs the evaluator:
#
#     nix-instantiate --eval --strict tests/nixlib/lib/errors.nix -A NAME.expr
let
  lib = import ../../../nixlib/lib;
  inherit (lib) mkOption types;

  # A set without positions, as data files give them.
  unplaced =
    value: if builtins.isAttrs value && !(value ? _type) then lib.listToAttrs (lib.mapAttrsToList (name: inner: lib.nameValuePair name (unplaced inner)) value) else value;
  home = values: unplaced values // { _file = "/home/u/home.nix"; };
  evaluate = modules: (lib.evalModules { inherit modules; }).config;
  option = type: { options.x = mkOption { inherit type; }; };
  fails = expr: message: {
    inherit expr;
    lines = builtins.filter (line: line != "") (map lib.trim (lib.splitString "\n" message));
  };
in
{
  unknownOption =
    fails (evaluate [ { options.services.web.enable = mkOption { type = types.bool; }; } (home { services.web.enabel = true; }) ])
      ''
        The option `services.web.enabel' does not exist. Definition values:
        - In `/home/u/home.nix': true

        Did you mean `services.web.enable'?'';

  unknownOptionInSubmodule =
    fails (evaluate [
      { options.x = mkOption { type = types.attrsOf (types.submodule { options.port = mkOption { type = types.port; }; }); }; }
      (home { x.web.prt = 80; })
    ]) "Did you mean `x.web.port'?";

  wrongType = fails (evaluate [ (option types.str) (home { x = 3; }) ]) "A definition for option `x' is not of type `string'. Definition values:\n- In `/home/u/home.nix': 3";

  place = fails (evaluate [ (option types.str) ./wrong/option.nix ]) "- In `${toString ./wrong/option.nix}:3:3': 3";

  placeInCondition = fails (evaluate [ (option (types.attrsOf types.str)) ./wrong/element.nix ]) "- In `${toString ./wrong/element.nix}:4:5': { }";

  placeInOtherFile =
    fails (evaluate [ (option types.str) (import ./wrong/option.nix // { _file = "/home/u/home.nix"; }) ])
      "- In `/home/u/home.nix' at `${toString ./wrong/option.nix}:3:3': 3";

  placeOfNoSet = fails (evaluate [ { options.x.y = mkOption { }; } ./wrong/option.nix ]) "In module `${toString ./wrong/option.nix}:3:3', you're trying to define a value of type `int'";

  placeOfUnknown = fails (evaluate [ ./wrong/option.nix ]) "- In `${toString ./wrong/option.nix}:3:3': 3";

  wrongElement = fails (evaluate [ (option (types.attrsOf (types.listOf types.int))) (home { x.a = [ 1 "b" ]; }) ]) "A definition for option `x.a.\"[definition 1-entry 2]\"' is not of type `signed integer'.";

  wrongAlternative = fails (evaluate [ (option (types.oneOf [ types.int types.bool ])) (home { x = "a"; }) ]) "is neither a value of type `signed integer` nor `boolean`";

  conflict =
    fails (evaluate [ (option types.int) (unplaced { _file = "a.nix"; x = 1; }) (unplaced { _file = "b.nix"; x = 2; }) ])
      ''
        The option `x' has conflicting definition values:
        - In `b.nix': 2
        - In `a.nix': 1
        Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.'';

  undefined = fails (evaluate [ (option types.int) ]) "The option `x' was accessed but has no value defined. Try setting the option.";

  readOnly = fails (evaluate [ { options.x = mkOption { readOnly = true; default = 1; type = types.int; }; } (home { x = 2; }) ]) "The option `x' is read-only, but it's set multiple times. Definition values:";

  unique = fails (evaluate [ (option (types.unique { message = "There is only one."; } types.int)) { x = 1; } { x = 2; } ]) "There is only one.";

  nullAndValue = fails (evaluate [ (option (types.nullOr types.int)) { x = 1; } { x = null; } ]) "The option `x` is defined both null and not null";

  declaredTwice = fails (evaluate [ (option types.int // { _file = "a.nix"; }) (option types.str // { _file = "b.nix"; }) ]) "The option `x' in `a.nix' is already declared in `b.nix'.";

  optionInConfig = fails (evaluate [ (home { x = mkOption { }; }) ]) "It seems as if you're trying to declare an option by placing it into `config' rather than `options'!";

  belowAnOption = fails (evaluate [ (option types.int) { options.x.y = mkOption { }; } ]) "would be a parent of the following options, but its type `signed integer' does not support nested options.";

  bareType = fails (evaluate [ { options.x = types.int; } ]) "A type alone declares no option: it goes into a call of `mkOption`, like this:";

  notAModule = fails (evaluate [ { _type = "flake"; } ]) "Expected a module, but found a value of type \"flake\"";

  unsupportedAttribute = fails (evaluate [ { config = { }; services = { }; } ]) "has an unsupported attribute `services'.";

  nestedImports = fails (evaluate [ [ { } ] ]) "Module imports can't be nested lists:";

  missingArgument = fails (evaluate [ (option types.int) ({ nothing, ... }: { x = nothing; }) ]) "attribute 'nothing' missing";

  importsFromConfig = fails (evaluate [ ({ config, ... }: { imports = if config.x == 1 then [ ] else [ ]; }) (option types.int) ]) "infinite recursion encountered";

  assertion = fails (lib.asserts.checkAssertWarn [ { assertion = false; message = "one"; } { assertion = false; message = "two"; } ] [ ] null) "Failed assertions:\n- one\n- two";

  missingPackageArgument = fails (lib.callPackageWith { hello = 1; } ({ helo }: helo) { }) "did you mean \"hello\"?";

  toInt = fails (lib.toInt "012") "toInt: Ambiguity in interpretation of \"012\" between octal and zero padded integer.";
}
