# Values that are made and, most of them, never looked at; and a chain of those that are.
{ size ? 300000 }:
let
  make = index: rec {
    used = index + 1;
    unused = builtins.throw "never";
    list = [ (builtins.throw "never") used (abort "never") ];
    next = builtins.elemAt list 1;
    function = argument: argument + unused;
  };
  step =
    { value, ... }@state: index:
    let
      made = make index;
      next = state // { value = value + made.next; note = made.unused; };
    in
    builtins.seq next.value next;
in
(builtins.foldl' step { value = 0; other = 1; } (builtins.genList (index: index) size)).value
