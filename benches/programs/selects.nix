# Attributes read by known names from small sets: directly, by paths, with defaults, through `with` and `inherit`.
{ size ? 300000 }:
let
  make = index: { inner = { a = index; b = index + 1; c.d = index + 2; }; name = "x"; };
  use = set: with set.inner; a + b + set.inner.c.d + (set.inner.e or 1) + (if set ? inner.f then 1 else 2) + (
    let inherit (set.inner) a; in a
  );
in
builtins.foldl' (sum: index: sum + use (make index)) 0 (builtins.genList (index: index) size)
