# Showing values while they are evaluated, and running tests that are data.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatMap
    concatStringsSep
    deepSeq
    elem
    foldl'
    isAttrs
    isList
    length
    mapAttrs
    seq
    substring
    ;
  inherit (lib.generators) toPretty;

  # Replaces what lies deeper than `depth` by an ellipsis.
  cutAt =
    depth: value:
    if isList value then
      if depth == 0 then shown "[…]" value else map (cutAt (depth - 1)) value
    else if isAttrs value then
      if depth == 0 then shown "{…}" value else mapAttrs (_: cutAt (depth - 1)) value
    else
      value;

  shown = text: value: {
    __pretty = _: text;
    val = value;
  };
in
rec {
  inherit (builtins) addErrorContext trace unsafeGetAttrPos;

  # The name says what is shown: Val the value itself, Seq after evaluating it completely, N only to a
  # depth, Fn the result of a function of it.

  traceIf =
    condition: message: value:
    if condition then trace message value else value;
  traceValFn = f: value: trace (f value) value;
  traceVal = traceValFn (value: value);
  traceSeq = shown: trace (deepSeq shown shown);
  traceSeqN =
    depth: shown:
    trace (toPretty { allowPrettyValues = true; } (cutAt depth shown));
  traceValSeqFn = f: value: traceValFn f (deepSeq value value);
  traceValSeq = traceValSeqFn (value: value);
  traceValSeqNFn =
    f: depth: value:
    traceSeqN depth (f value) value;
  traceValSeqN = traceValSeqNFn (value: value);

  # Shows argument and result of a function.
  traceFnSeqN =
    depth: name: f: value:
    let
      result = f value;
    in
    traceSeqN (depth + 1) {
      fn = name;
      from = value;
      to = result;
    } result;

  # The tests (`{ expr, expected }`) that fail, as a list. Their names begin with "test"; an attribute
  # `tests` may name the only ones to be run.
  runTests =
    tests:
    let
      chosen = tests.tests or [ ];
      isChosen =
        name: if chosen == [ ] then substring 0 4 name == "test" else elem name chosen;
    in
    concatMap (
      name:
      let
        test = tests.${name};
      in
      if isChosen name && test.expr != test.expected then
        [
          {
            inherit name;
            inherit (test) expected;
            result = test.expr;
          }
        ]
      else
        [ ]
    ) (attrNames tests);

  # An error that shows all given failures, as runTests tells them; null if there are none.
  throwTestFailures =
    {
      failures,
      description ? "tests",
      ...
    }:
    let
      show =
        value: builtins.unsafeDiscardStringContext (toPretty { allowPrettyValues = true; } value);
      report = failure: ''
        FAIL ${show failure.name}:
        Expected:
        ${show failure.expected}

        Result:
        ${show failure.result}
      '';
      reported = foldl' (_: failure: traceVal (report failure)) null failures;
    in
    if failures == [ ] then
      null
    else
      throw (
        seq reported "${toString (length failures)} ${description} failed:\n- ${
          concatStringsSep "\n- " (map (failure: failure.name) failures)
        }\n\n${builtins.toJSON failures}"
      );

  # A test that expects a list of nothing but true.
  testAllTrue = expr: {
    inherit expr;
    expected = map (_: true) expr;
  };
}
