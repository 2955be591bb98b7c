# Functions of sets, with defaults, ellipsis and a name for the whole, called as packages are.
{ size ? 200000 }:
let
  package = { name, version ? "1", inputs ? [ ], meta ? { }, ... }@all: all // {
    full = "${name}-${version}";
    count = builtins.length inputs + builtins.length (builtins.attrNames meta);
  };
  call = function: given: function (builtins.intersectAttrs (builtins.functionArgs function) scope // given);
  scope = { inputs = [ 1 2 ]; meta = { a = 1; }; unused = 1; };
  result = index: call package { name = "p${toString index}"; extra = index; };
in
builtins.foldl' (
  sum: index: let made = result index; in sum + made.count + made.extra + builtins.stringLength made.full
) 0 (builtins.genList (index: index) size)
