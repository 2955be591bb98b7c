# The system of tests/judges, from the nixpkgs of the search path.
(import <nixpkgs/nixos/lib/eval-config.nix> {
  system = "x86_64-linux";
  modules = [ ../../tests/judges/system.nix ];
}).config.system.build.toplevel
