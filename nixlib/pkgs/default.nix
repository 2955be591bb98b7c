# The package set of a machine without nixpkgs: text and tree builders, and the programs of
# the machine under their nixpkgs names (host/).
#
# A set cannot answer for names that it does not have: `pkgs.NAME` for an unknown NAME is the
# evaluator's error for a missing attribute. A program under such a name is declared with
# `hm.hostPackages.NAME`. Names that need a builder are there, and say so (unavailable.nix).
{
  lib,
  primops,
  system,
  # Where to look for host programs, in order.
  searchPath,
  # hm.hostPackages of the configuration.
  hostPackages ? { },
  overlays ? [ ],
  config ? { },
  # Called with the name and text of every script; returns the text, and may warn.
  inspectScript ? (_name: text: text),
}:

let
  object = import ./object.nix { inherit lib primops; };
  unavailable = import ./unavailable.nix { inherit lib; };
  host = import ./host {
    inherit
      lib
      primops
      object
      searchPath
      ;
  };

  platform =
    let
      parts = lib.splitString "-" system;
      kernel = builtins.elemAt parts 1;
      cpu = builtins.head parts;
    in
    rec {
      inherit system;
      config = "${cpu}-unknown-${kernel}-gnu";
      isLinux = kernel == "linux";
      isDarwin = kernel == "darwin";
      isx86_64 = cpu == "x86_64";
      isAarch64 = cpu == "aarch64";
      isAarch32 = cpu == "armv7l" || cpu == "armv6l";
      isx86_32 = cpu == "i686";
      isRiscV64 = cpu == "riscv64";
      isi686 = isx86_32;
      is64bit = isx86_64 || isAarch64 || isRiscV64;
      is32bit = !is64bit;
      isx86 = isx86_64 || isx86_32;
      isUnix = true;
      isMusl = false;
      isGnu = isLinux;
      linuxArch = cpu;
      parsed = {
        cpu.name = cpu;
        kernel.name = kernel;
      };
    };

  base =
    self:
    let
      # Builders take the shell of the finished set, so that an overlay can replace bash.
      runtimeShell = "${self.bash}/bin/bash";
      text = import ./text.nix {
        inherit
          lib
          object
          runtimeShell
          inspectScript
          ;
      };
      substitution = import ./substitute.nix { inherit lib object inspectScript; };
      trees = import ./trees.nix { inherit lib object; };
      callPackageWith =
        scope: function: extra:
        let
          f = if builtins.isFunction function then function else import function;
          arguments = builtins.functionArgs f;
          given = builtins.intersectAttrs arguments scope // extra;
          absent = builtins.filter (name: !arguments.${name} && !(given ? ${name})) (builtins.attrNames arguments);
        in
        if absent == [ ] then
          f given
        else
          throw "callPackage: no host package and no argument is called ${lib.concatStringsSep ", " absent}";
    in
    unavailable.packages
    // host.packages
    // host.declare hostPackages
    // text
    // trees
    // {
      # Named one by one, so that the file is read only when one of them is used.
      inherit (substitution)
        replaceVars
        replaceVarsWith
        substitute
        substituteAll
        ;
      inherit lib system config overlays runtimeShell;
      formats = import ./formats.nix {
        inherit lib;
        inherit (text) writeText;
      };
      stdenv = {
        inherit system;
        hostPlatform = platform;
        buildPlatform = platform;
        targetPlatform = platform;
        inherit (platform) isLinux isDarwin isx86_64 isAarch64;
        shell = runtimeShell;
        mkDerivation = unavailable.refuse "stdenv.mkDerivation";
        cc = unavailable.refuse "stdenv.cc";
      };
      hostPlatform = platform;
      emptyFile = text.writeText "empty-file" "";
      emptyDirectory = object.mkObject {
        name = "empty-directory";
        tree = object.directory { };
      };
      callPackage = callPackageWith self;
      callPackages = callPackageWith self;
      newScope = extra: callPackageWith (self // extra);
      extend = overlay: build (overlays ++ [ overlay ]);
      appendOverlays = more: build (overlays ++ more);
      # Tells modules that no builder runs behind this set.
      isHostPackages = true;
    };

  build =
    all:
    let
      self = lib.foldl' (previous: overlay: previous // overlay self previous) (base self) all;
    in
    self;
in
build overlays
