# Derivations as values: delaying their evaluation, optional attributes, warnings on use.
{ lib }:
let
  inherit (builtins)
    isFunction
    mapAttrs
    removeAttrs
    unsafeGetAttrPos
    ;
  show = value: lib.generators.toPretty { multiline = false; } value;
in
rec {
  inherit (builtins) addDrvOutputDependencies unsafeDiscardOutputDependency;

  # A derivation of which nothing is evaluated before it is used. Its outputs have to be told.
  lazyDerivation =
    arguments@{
      derivation,
      meta ? null,
      passthru ? { },
      outputs ? [ "out" ],
    }:
    let
      pos = unsafeGetAttrPos "outputs" arguments;
      told = if pos == null then "" else ", at ${pos.file}:${toString pos.line}:${toString pos.column}";
      defined =
        if builtins.isString (derivation.meta.position or null) then
          ", defined at ${derivation.meta.position}"
        else
          "";
      checked =
        if derivation.type or null != "derivation" then
          throw "lazyDerivation: input must be a derivation."
        else if derivation.outputs != outputs then
          throw ''
            lib.lazyDerivation: ${derivation.name or "<unknown>"} has other outputs than it was said to have.

            said${told}:
                ${show outputs}

            found${defined}:
                ${show derivation.outputs}

            Pass the actual outputs, in the same order. When they cannot be known beforehand, the
            derivation cannot be made lazy; then pass its own `outputs` attribute.
          ''
        else
          derivation;
    in
    {
      type = "derivation";
      inherit (checked)
        outPath
        outputName
        drvPath
        name
        system
        ;
      inherit outputs;
      meta = arguments.meta or checked.meta;
    }
    // lib.genAttrs outputs (name: checked.${name})
    // passthru;

  # The value of a derivation's attribute, or null, which leaves it out.
  optionalDrvAttr = condition: value: if condition then value else null;

  # A derivation that prints a warning when it is built or referred to, but not when it is only listed.
  warnOnInstantiate =
    message: drv:
    drv
    // mapAttrs (_: lib.warn message) (
      removeAttrs drv [
        "meta"
        "name"
        "type"
        "outputName"
      ]
    )
    // lib.optionalAttrs (isFunction (drv.overrideAttrs or null)) {
      overrideAttrs = change: warnOnInstantiate message (drv.overrideAttrs change);
    };
}
