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
  (check "parts have no types" linux.parsed.kernel.execFormat { name = "elf"; })
  (check "systems of unknown parts" (throws (lib.systems.parse.mkSystem (removeAttrs linux.parsed [ "_type" ] // { vendor.name = "acme"; }))) true)
  (check "ambiguous ABIs" (map (config: throws (elaborate { inherit config; })) [ "armv7l-unknown-linux-gnu" "powerpc64-unknown-linux-gnu" "armv7l-unknown-linux-android" ]) [ true true true ])
  (check "mkMuslSystem" (lib.systems.parse.tripleFromSystem (lib.systems.parse.mkMuslSystem (elaborate "armv7l-linux").parsed)) "armv7l-unknown-linux-musleabihf")
  (check "every example" (lib.filter (name: throws (removeAttrs (elaborate lib.systems.examples.${name}) [ "extensions" "_withoutFunctions" ])) (lib.attrNames lib.systems.examples)) [ ])
  (check "C libraries" (map (name: (elaborate lib.systems.examples.${name}).libc) [ "avr" "ghcjs" "wasm32-unknown-none" "wasi32" "mmix" "x86_64-windows" ]) [ "avrlibc" null null "wasilibc" "newlib" "ucrt" ])
  (check "shared libraries" (map (name: (elaborate lib.systems.examples.${name}).extensions.sharedLibrary or null) [ "gnu64" "avr" "x86_64-darwin" "x86_64-windows" "wasi32" ]) [ ".so" null ".dylib" ".dll" null ])
  (check "names for compilers" { inherit ((elaborate "armv7l-linux").rust) rustcTarget cargoEnvVarTarget; inherit (linux) go node; } {
    rustcTarget = "armv7-unknown-linux-gnueabihf";
    cargoEnvVarTarget = "ARMV7_UNKNOWN_LINUX_GNUEABIHF";
    go = { GOARCH = "amd64"; GOARM = ""; GOOS = "linux"; };
    node = { arch = "x64"; platform = "linux"; };
  })
  (check "Rust's platform" (elaborate "wasm32-wasi").rust.platform { arch = "wasm32"; env = "p1"; os = "wasi"; target-family = [ "wasm" ]; vendor = "unknown"; })
  (check "a Rust target of one's own" (lib.hasSuffix "-mine.json" (elaborate { system = "riscv64-linux"; rust = { rustcTarget = "mine"; platform = { arch = "a"; os = "b"; env = ""; vendor = "c"; }; }; }).rust.rustcTargetSpec) true)
  (check "CPU models" [ (elaborate { system = "x86_64-linux"; gcc.arch = "znver3"; }).avx2Support linux.avx2Support (elaborate "aarch64-darwin").gcc.cpu ] [ true false "apple-a13" ])
  (check "canExecute by model" (map (arch: (elaborate { system = "x86_64-linux"; gcc.arch = "skylake"; }).canExecute (elaborate { system = "x86_64-linux"; gcc = { inherit arch; }; })) [ "haswell" "x86-64-v4" ]) [ true false ])
  (check "models below" lib.systems.architectures.inferiors.znver1 [ "skylake" "broadwell" "haswell" "ivybridge" "x86-64-v3" "sandybridge" "westmere" "nehalem" "x86-64-v2" "x86-64" ])
  (check "patternLogicalAnd" (with lib.systems.inspect; patternLogicalAnd patterns.isx86_64 patterns.isLinux) [ { cpu = { family = "x86"; bits = 64; }; kernel = lib.systems.parse.kernels.linux; } ])
  (check "patternLogicalAnd of what excludes each other" (with lib.systems.inspect; throws (patternLogicalAnd patterns.isx86_64 patterns.isx86_32)) true)
]
