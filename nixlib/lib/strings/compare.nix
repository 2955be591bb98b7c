# How alike two strings are.
{ lib }:
let
  inherit (builtins)
    elemAt
    foldl'
    genList
    stringLength
    substring
    ;
  inherit (lib.trivial) min;
  inherit (import ./convert.nix { inherit lib; }) characters;

  # The number of steps from `n` at which a test holds, up to a limit.
  stepsWhile =
    limit: test: n:
    if n < limit && test n then stepsWhile limit test (n + 1) else n;
in
rec {
  # The number of characters with which both strings begin.
  commonPrefixLength =
    a: b:
    stepsWhile (min (stringLength a) (stringLength b)) (n: substring n 1 a == substring n 1 b) 0;

  # The number of characters with which both strings end.
  commonSuffixLength =
    a: b:
    let
      last = stringLength a - 1;
      last' = stringLength b - 1;
    in
    stepsWhile (min (stringLength a) (stringLength b)) (
      n: substring (last - n) 1 a == substring (last' - n) 1 b
    ) 0;

  # The number of single-character insertions, removals and replacements from one string to the other.
  # Row n of the usual table holds the distances between the first n characters of `a` and all beginnings
  # of `b`.
  levenshtein =
    a: b:
    let
      width = stringLength b + 1;
      next =
        row: c:
        let
          this = genList (
            n:
            if n == 0 then
              elemAt row 0 + 1
            else
              min (min (elemAt row n + 1) (elemAt this (n - 1) + 1)) (
                elemAt row (n - 1) + (if c == substring (n - 1) 1 b then 0 else 1)
              )
          ) width;
        in
        this;
    in
    elemAt (foldl' next (genList (n: n) width) (characters a)) (width - 1);

  # Whether the distance is at most `limit`, without computing it for strings that cannot be that near.
  levenshteinAtMost =
    limit: a: b:
    let
      difference = stringLength a - stringLength b;
      prefix = commonPrefixLength a b;
      # What differs, the common beginning and then the common end taken off.
      a' = substring prefix (-1) a;
      b' = substring prefix (-1) b;
      suffix = commonSuffixLength a' b';
      a'' = substring 0 (stringLength a' - suffix) a';
      b'' = substring 0 (stringLength b' - suffix) b';
    in
    if limit <= 0 then
      a == b
    else if difference > limit || -difference > limit then
      false
    else if limit == 1 then
      stringLength a'' <= 1 && stringLength b'' <= 1
    else
      levenshtein a'' b'' <= limit;
}
