# Lists: searching, cutting, folding, sorting, and lists as sets.
{ lib }:
let
  inherit (builtins)
    attrNames
    attrValues
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    groupBy
    head
    isList
    length
    mapAttrs
    partition
    tail
    ;
  inherit (lib.trivial)
    compare
    max
    min
    warn
    ;
in
rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;

  # Making lists.

  # A list of one element.
  singleton = x: [ x ];

  # A list as it is, anything else as a list of one element.
  toList = x: if isList x then x else [ x ];

  # A list of one element, or an empty one.
  optional = condition: x: if condition then [ x ] else [ ];

  # The list, or an empty one.
  optionals = condition: list: if condition then list else [ ];

  # A list of the same element again and again.
  replicate = count: x: genList (_: x) count;

  # All integers from the first to the last.
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);

  # All lists below a nested list, concatenated.
  flatten = x: if isList x then concatMap flatten x else [ x ];

  # The values of a set, which are lists, concatenated.
  concatAttrValues = set: concatLists (attrValues set);

  # Mapping and folding.

  # map with its arguments swapped.
  forEach = list: f: map f list;

  # Maps with the index, counted from zero.
  imap0 = f: list: genList (n: f n (elemAt list n)) (length list);

  # Maps with the index, counted from one.
  imap1 = f: list: genList (n: f (n + 1) (elemAt list n)) (length list);

  # Keeps elements by their index and value.
  ifilter0 =
    keep: list: concatLists (imap0 (n: x: if keep n x then [ x ] else [ ]) list);

  # From the right: op x1 (op x2 (… start)).
  foldr =
    op: start: list:
    let
      count = length list;
      from = n: if n == count then start else op (elemAt list n) (from (n + 1));
    in
    from 0;

  # The old name of foldr.
  fold = warn "lib.fold is going away: use foldr" foldr;

  # From the left, lazily: op (… (op start x1)) xn.
  foldl =
    op: start: list:
    let
      upTo = n: if n < 0 then start else op (upTo (n - 1)) (elemAt list n);
    in
    upTo (length list - 1);

  # From the left, every intermediate result forced.
  foldl' =
    op: start:
    builtins.seq start (builtins.foldl' op start);

  # The number of elements that satisfy a predicate.
  count = predicate: builtins.foldl' (n: x: if predicate x then n + 1 else n) 0;

  # Applies a function to pairs of elements, as far as the shorter list goes.
  zipListsWith =
    f: a: b:
    genList (n: f (elemAt a n) (elemAt b n)) (min (length a) (length b));

  # Pairs of elements as `{ fst, snd }`.
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });

  # Groups by key, then folds each group.
  groupBy' =
    op: start: key: list:
    mapAttrs (_: foldl op start) (groupBy key list);

  # All applications of a curried function to one element of each list.
  crossLists = f: foldl (partial: values: concatMap (g: map g values) partial) [ f ];

  # Searching.

  # The only element that satisfies the predicate, or one of two defaults.
  findSingle =
    predicate: none: several: list:
    let
      found = filter predicate list;
    in
    if found == [ ] then
      none
    else if length found == 1 then
      head found
    else
      several;

  # The index of the first element that satisfies a predicate, or a default.
  findFirstIndex =
    predicate: default: list:
    let
      # Below zero the search goes on and the number counts elements seen; else it is the answer. A fold
      # instead of recursion, so that long lists do not exhaust the stack.
      found = builtins.foldl' (
        seen: x:
        if seen >= 0 then
          seen
        else if predicate x then
          -seen - 1
        else
          seen - 1
      ) (-1) list;
    in
    if found < 0 then default else found;

  # The first element that satisfies a predicate, or a default.
  findFirst =
    predicate: default: list:
    let
      index = findFirstIndex predicate null list;
    in
    if index == null then default else elemAt list index;

  # Cutting.

  # At most `count` elements from index `start`.
  sublist =
    start: count: list:
    let
      available = length list - start;
    in
    genList (n: elemAt list (start + n)) (if available <= 0 then 0 else min count available);

  # The first elements.
  take = count: list: genList (elemAt list) (min count (length list));

  # All but the first elements.
  drop = count: list: genList (n: elemAt list (n + count)) (max 0 (length list - count));

  # The last elements.
  takeEnd = count: list: drop (max 0 (length list - count)) list;

  # All but the last elements.
  dropEnd =
    count: list:
    genList (elemAt list) (if count < 0 then length list else max 0 (length list - count));

  # The last element.
  last =
    list:
    assert lib.assertMsg (list != [ ]) "lists.last: list must not be empty!";
    elemAt list (length list - 1);

  # All elements but the last.
  init =
    list:
    assert lib.assertMsg (list != [ ]) "lists.init: list must not be empty!";
    take (length list - 1) list;

  # Whether a list begins with another.
  hasPrefix = prefix: list: take (length prefix) list == prefix;

  # A list without the one it begins with; an error if it does not.
  removePrefix =
    prefix: list:
    if hasPrefix prefix list then
      drop (length prefix) list
    else
      throw "lib.lists.removePrefix: First argument is not a list prefix of the second argument";

  # The elements with which both lists begin.
  commonPrefix =
    a: b:
    let
      differs = zipListsWith (x: y: x != y) a b;
    in
    take (findFirstIndex (x: x) (length differs) differs) a;

  # The list with another element at an index.
  replaceElemAt =
    list: index: value:
    assert lib.assertMsg (
      index >= 0 && index < length list
    ) "'lists.replaceElemAt' called with index ${toString index} on a list of size ${toString (length list)}";
    imap0 (n: x: if n == index then value else x) list;

  # Lists as sets.

  # All elements that are not equal to a value.
  remove = x: filter (y: y != x);

  # Each element once, at its first place. Quadratic; uniqueStrings is not.
  unique = builtins.foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];

  # Strings, each once and sorted.
  uniqueStrings = list: attrNames (groupBy (x: x) list);

  # Whether no element occurs twice.
  allUnique = list: length (unique list) == length list;

  # The elements of the second list that are in the first.
  intersectLists = a: filter (x: elem x a);

  # The elements of the second list that are not in the first.
  subtractLists = a: filter (x: !elem x a);

  # Whether two lists have no element in common.
  mutuallyExclusive = a: b: length a == 0 || !builtins.any (x: elem x a) b;

  # Order.

  # The list from its end.
  reverseList =
    list:
    let
      count = length list;
    in
    genList (n: elemAt list (count - 1 - n)) count;

  # Sorts by a key that is computed once per element.
  sortOn =
    key: list:
    map (pair: elemAt pair 1) (
      builtins.sort (a: b: head a < head b) (
        map (x: [
          (key x)
          x
        ]) list
      )
    );

  # Lexicographic comparison: -1, 0 or 1.
  compareLists =
    compareElements: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let
        first = compareElements (head a) (head b);
      in
      if first == 0 then compareLists compareElements (tail a) (tail b) else first;

  # Strings sorted as people count: "9" before "10".
  naturalSort =
    list:
    let
      parts =
        text:
        map (part: if isList part then lib.strings.toInt (head part) else part) (
          builtins.split "(0|[1-9][0-9]*)" text
        );
      keyed = map (text: {
        inherit text;
        key = parts text;
      }) list;
    in
    map (x: x.text) (builtins.sort (a: b: compareLists compare a.key b.key < 0) keyed);

  # Walks from the first element to one with nothing before it. Gives `minimal`, the elements visited
  # and the rest; or, when it meets itself and is to stop then, `cycle` and `loops`.
  listDfs =
    stopOnCycles: before: list:
    let
      walk =
        here: visited: rest:
        let
          loops = filter (x: before x here) visited;
          earlier = partition (x: before x here) rest;
        in
        if stopOnCycles && loops != [ ] then
          {
            cycle = here;
            inherit loops visited rest;
          }
        else if earlier.right == [ ] then
          {
            minimal = here;
            inherit visited rest;
          }
        else
          walk (head earlier.right) ([ here ] ++ visited) (tail earlier.right ++ earlier.wrong);
    in
    walk (head list) [ ] (tail list);

  # Orders by a partial order: `{ result }`, or `{ cycle, loops }` when there is none.
  toposort =
    before: list:
    let
      step = listDfs true before list;
      rest = toposort before (step.visited ++ step.rest);
    in
    if length list < 2 then
      { result = list; }
    else if step ? cycle then
      {
        cycle = reverseList ([ step.cycle ] ++ step.visited);
        inherit (step) loops;
      }
    else if rest ? cycle then
      rest
    else
      { result = [ step.minimal ] ++ rest.result; };
}
