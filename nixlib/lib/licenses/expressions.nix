# Licence expressions in the sense of SPDX: choices, conjunctions, exceptions, later versions.
{ lib }:
let
  compound = operator: licenses: {
    licenseType = "compound";
    inherit operator licenses;
  };

  # Evaluates a test on every simple licence of an expression. Permissively, one licence of a choice is
  # enough and all of a conjunction have to hold; otherwise it is the other way round.
  evaluate =
    test: permissive:
    let
      some = if permissive then builtins.any else builtins.all;
      every = if permissive then builtins.all else builtins.any;
      holds =
        expression:
        let
          type = expression.licenseType;
        in
        if type == "simple" then
          test expression
        else if type == "exception" then
          holds expression.license && holds expression.exception
        else if type == "plus" then
          holds expression.license
        else if type == "compound" && expression.operator == "OR" then
          some holds expression.licenses
        else if type == "compound" && expression.operator == "AND" then
          every holds expression.licenses
        else
          throw "Not a license expression: ${lib.generators.toPretty { } expression}";
    in
    holds;
in
rec {
  OR = compound "OR";
  AND = compound "AND";

  WITH = license: exception: {
    licenseType = "exception";
    operator = "WITH";
    inherit license exception;
  };

  PLUS = license: {
    licenseType = "plus";
    operator = "+";
    inherit license;
  };

  evaluateProperty = evaluate;
  evaluateNamedProperty = name: evaluate (license: license.${name});
  isFree = evaluateNamedProperty "free" true;
  isRedistributable = evaluateNamedProperty "redistributable" true;

  # Whether an expression cannot be met without one of the given licences.
  containsLicenses = licenses: evaluate (license: builtins.elem license licenses) false;

  # The expression in SPDX' notation.
  toSPDX =
    expression:
    let
      type = expression.licenseType;
      inner =
        part:
        if part.licenseType == "compound" || part.licenseType == "exception" then
          "(${toSPDX part})"
        else
          toSPDX part;
    in
    if type == "simple" then
      expression.spdxId or "LicenseRef-nixos-${expression.shortName}"
    else if type == "compound" then
      lib.concatMapStringsSep " ${expression.operator} " inner expression.licenses
    else if type == "exception" then
      "${inner expression.license} WITH ${inner expression.exception}"
    else if type == "plus" then
      "${inner expression.license}+"
    else
      throw "Unknown license type";
}
