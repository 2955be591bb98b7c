# Lists: making, folding, searching, cutting, ordering.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  l = lib.lists;
in
[
  (check "range" [ (lib.range 1 3) (lib.range 3 1) ] [ [ 1 2 3 ] [ ] ])
  (check "flatten" (lib.flatten [ 1 [ 2 [ 3 ] ] [ ] ]) [ 1 2 3 ])
  (check "foldr" (lib.foldr (x: acc: "(${x}${acc})") "." [ "a" "b" ]) "(a(b.))")
  (check "foldl" (lib.foldl (acc: x: "(${acc}${x})") "." [ "a" "b" ]) "((.a)b)")
  (check "foldl' of many" (lib.foldl' (a: b: a + b) 0 (lib.range 1 10000)) 50005000)
  (check "imap" [ (lib.imap0 (n: x: [ n x ]) [ "a" ]) (lib.imap1 (n: x: [ n x ]) [ "a" ]) ] [ [ [ 0 "a" ] ] [ [ 1 "a" ] ] ])
  (check "ifilter0" (lib.ifilter0 (n: x: n > 0 && x > 1) [ 5 1 2 ]) [ 2 ])
  (check "count" (lib.count (x: x > 1) [ 1 2 3 ]) 2)
  (check "zipListsWith" (lib.zipListsWith (a: b: a + b) [ 1 2 3 ] [ 10 20 ]) [ 11 22 ])
  (check "groupBy'" (lib.groupBy' (a: b: a + b) 0 (x: if x > 2 then "big" else "small") [ 1 2 3 4 ]) { big = 7; small = 3; })
  (check "crossLists" (lib.crossLists (a: b: a + b) [ [ 1 2 ] [ 10 20 ] ]) [ 11 21 12 22 ])
  (check "findSingle" (map (lib.findSingle (x: x == 1) "none" "many") [ [ 2 ] [ 1 ] [ 1 1 ] ]) [ "none" 1 "many" ])
  (check "findFirst" [ (lib.findFirst (x: x > 1) 0 [ 1 2 3 ]) (lib.findFirst (x: x > 9) 0 [ 1 ]) ] [ 2 0 ])
  (check "findFirst stops" (lib.findFirst (x: x == 1) 0 [ 1 (throw "looked at") ]) 1)
  (check "sublist" [ (lib.sublist 1 2 [ 1 2 3 4 ]) (lib.sublist 3 9 [ 1 2 3 4 ]) (lib.sublist 9 1 [ 1 ]) ] [ [ 2 3 ] [ 4 ] [ ] ])
  (check "take and drop" [ (lib.take 1 [ 1 2 ]) (lib.drop 1 [ 1 2 ]) (lib.takeEnd 1 [ 1 2 ]) (lib.dropEnd 1 [ 1 2 ]) (lib.takeEnd 5 [ 1 ]) ] [ [ 1 ] [ 2 ] [ 2 ] [ 1 ] [ 1 ] ])
  (check "last and init" [ (lib.last [ 1 2 ]) (lib.init [ 1 2 ]) (throws (lib.last [ ])) ] [ 2 [ 1 ] true ])
  (check "prefixes" [ (l.hasPrefix [ 1 ] [ 1 2 ]) (l.removePrefix [ 1 ] [ 1 2 ]) (l.commonPrefix [ 1 2 3 ] [ 1 2 4 ]) (throws (l.removePrefix [ 2 ] [ 1 ])) ] [ true [ 2 ] [ 1 2 ] true ])
  (check "replaceElemAt" (lib.replaceElemAt [ 1 2 3 ] 1 9) [ 1 9 3 ])
  (check "unique" (lib.unique [ 3 1 3 2 1 ]) [ 3 1 2 ])
  (check "uniqueStrings" (lib.uniqueStrings [ "b" "a" "b" ]) [ "a" "b" ])
  (check "sets of elements" [ (lib.intersectLists [ 1 2 ] [ 2 3 ]) (lib.subtractLists [ 1 2 ] [ 2 3 ]) (lib.mutuallyExclusive [ 1 ] [ 2 ]) (lib.remove 1 [ 1 2 1 ]) ] [ [ 2 ] [ 3 ] true [ 2 ] ])
  (check "sortOn" (lib.sortOn builtins.stringLength [ "ccc" "a" "bb" "d" ]) [ "a" "d" "bb" "ccc" ])
  (check "naturalSort" (lib.naturalSort [ "a10" "a9" "b1" "a" ]) [ "a" "a9" "a10" "b1" ])
  (check "compareLists" [ (lib.compareLists lib.compare [ 1 2 ] [ 1 3 ]) (lib.compareLists lib.compare [ 1 ] [ ]) (lib.compareLists lib.compare [ ] [ ]) ] [ (-1) 1 0 ])
  (check "reverseList" (lib.reverseList [ 1 2 3 ]) [ 3 2 1 ])
  (check "toposort" [ (lib.toposort (a: b: a < b) [ 3 1 2 ]) ((lib.toposort (_: _: true) [ 1 2 ]) ? cycle) ] [ { result = [ 1 2 3 ]; } true ])
  (check "sublists of nothing" [ (lib.sublist 2 (-7) [ 1 2 ]) (lib.take 3 [ ]) (lib.drop 3 [ 1 ]) (lib.dropEnd (-1) [ 1 2 ]) (lib.range 2.5 1) ] [ [ ] [ ] [ ] [ 1 2 ] [ ] ])
  (check "compareLists of what is no number" (map (lists: lib.compareLists (a: b: a.n - b.n) lists [ { n = 1; } ]) [ [ ] [ { n = 1; } ] [ { n = 3; } ] ]) [ (-1) 0 2 ])
]
