# A document written as JSON and read again.
{ size ? 50000 }:
let
  document = builtins.genList (index: {
    id = index;
    name = "entry \"${toString index}\"\n";
    ratio = index / 7.0;
    tags = [ "a" "b" (toString index) ];
    nested = { on = true; off = false; none = null; };
  }) size;
  text = builtins.toJSON document;
  again = builtins.fromJSON text;
in
{
  length = builtins.stringLength text;
  same = builtins.toJSON again == text;
  ids = builtins.foldl' (sum: entry: sum + entry.id + builtins.length entry.tags) 0 again;
}
