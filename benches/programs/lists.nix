# Lists through the usual pipeline: generated, mapped, filtered, joined, cut up by what they hold.
{ size ? 300000 }:
let
  inherit (builtins) concatMap elemAt filter foldl' genList groupBy length map partition;
  even = number: number / 2 * 2 == number;
  numbers = genList (index: index * 3) size;
  halves = partition even (map (number: number + 1) numbers);
  twice = concatMap (number: if even number then [ number (number + 1) ] else [ ]) numbers;
  groups = groupBy (number: toString (number - number / 10 * 10)) (filter (number: number > 100) twice);
in
{
  groups = builtins.mapAttrs (_: length) groups;
  middle = elemAt (halves.right ++ halves.wrong) (size / 2);
  sum = foldl' (sum: number: sum + number) 0 (map (number: number * 2) twice);
}
