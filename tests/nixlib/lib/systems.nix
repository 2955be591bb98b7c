# Platforms.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  inherit (lib.systems) elaborate;
  linux = elaborate "x86_64-linux";
  arm = elaborate { config = "aarch64-unknown-linux-musl"; };
in
[
  (check "x86_64-linux" { inherit (linux) system config libc isLinux isx86_64 isDarwin linuxArch qemuArch; } {
    system = "x86_64-linux";
    config = "x86_64-unknown-linux-gnu";
    libc = "glibc";
    isLinux = true;
    isx86_64 = true;
    isDarwin = false;
    linuxArch = "x86_64";
    qemuArch = "x86_64";
  })
  (check "from a triple" { inherit (arm) system isMusl libc is64bit; } { system = "aarch64-linux"; isMusl = true; libc = "musl"; is64bit = true; })
  (check "32-bit ARM" (elaborate "armv7l-linux").config "armv7l-unknown-linux-gnueabihf")
  (check "macOS" (elaborate "aarch64-darwin").config "arm64-apple-darwin")
  (check "canExecute" [ (linux.canExecute (elaborate "i686-linux")) (linux.canExecute arm) ] [ true false ])
  (check "equals" [ (lib.systems.equals linux (elaborate "x86_64-linux")) (lib.systems.equals linux arm) ] [ true false ])
  (check "platforms" [ (builtins.elem "x86_64-linux" lib.platforms.linux) (builtins.elem "x86_64-linux" lib.platforms.darwin) ] [ true false ])
  (check "unknown systems" (throws (elaborate "z80-linux").system) true)
]
