# All tests of nixlib's lib: evaluates to the list of those that fail.
#
#     nix-instantiate --eval --strict tests/nixlib/lib
#
# Each file beside this one is a function from the library to a list of `{ name, expr, expected }`.
let
  lib = import ../../../nixlib/lib;
  extended = lib.extend (
    final: _: {
      hm = import ../../../nixlib/lib/hm.nix { lib = final; };
    }
  );

  files = [
    ./attrsets.nix
    ./customisation.nix
    ./filesets.nix
    ./formats.nix
    ./hm.nix
    ./host-packages.nix
    ./lists.nix
    ./modules.nix
    ./modules-imports.nix
    ./modules-renames.nix
    ./options.nix
    ./paths.nix
    ./strings.nix
    ./submodules.nix
    ./systems.nix
    ./trivial.nix
    ./types.nix
  ];

  failing =
    file:
    map
      (test: {
        inherit (test) name expected;
        actual = test.expr;
        file = baseNameOf file;
      })
      (builtins.filter (test: test.expr != test.expected) (import file { lib = extended; }));
in
builtins.concatMap failing files
