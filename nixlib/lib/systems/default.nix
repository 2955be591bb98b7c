# Platforms: from a system string like "x86_64-linux" to what packages ask about it, and lists of systems.
{ lib }:
let
  parse = import ./parse.nix { inherit lib; };
  inspect = import ./inspect.nix { inherit lib parse; };
  platforms = import ./platforms.nix { inherit lib; };
  architectures = import ./architectures.nix { inherit lib; };

  # What of an elaborated platform is a function.
  functionNames = [
    "canExecute"
    "emulator"
    "emulatorAvailable"
    "staticEmulatorAvailable"
  ];

  systemToAttrs = system: if builtins.isAttrs system then system else { inherit system; };
in
{
  inherit
    architectures
    functionNames
    inspect
    parse
    platforms
    systemToAttrs
    ;

  elaborate = import ./elaborate.nix {
    inherit
      lib
      parse
      inspect
      platforms
      architectures
      functionNames
      systemToAttrs
      ;
  };

  # Whether two elaborated platforms are the same; functions cannot be compared.
  equals = a: b: a._withoutFunctions == b._withoutFunctions;

  # Lists of systems.
  doubles = import ./doubles.nix { inherit lib parse inspect; };

  # Platforms by name.
  examples = import ./examples.nix { inherit lib platforms; };

  # The systems that flakes usually offer packages for.
  flakeExposed = [
    "x86_64-linux"
    "aarch64-linux"
    "x86_64-darwin"
    "armv6l-linux"
    "armv7l-linux"
    "i686-linux"
    "aarch64-darwin"
    "powerpc64le-linux"
    "riscv64-linux"
    "x86_64-freebsd"
  ];
}
