# What is reached from a start, as modules and packages collect what they import.
{ size ? 100000 }:
let
  found = builtins.genericClosure {
    startSet = [ { key = 1; } ];
    operator =
      { key }:
      builtins.filter (item: item.key <= size) [
        { key = key * 2; }
        { key = key * 2 + 1; }
        { key = key / 3 + 1; }
      ];
  };
in
[ (builtins.length found) (builtins.foldl' (sum: item: sum + item.key) 0 found) ]
