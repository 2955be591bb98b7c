# Platforms by name, as arguments of `elaborate`: what people build for.
{ lib, platforms }:
let
  inherit (builtins) mapAttrs;

  onLinux = mapAttrs (_: config: { config = "${config}-unknown-linux-gnu"; });
  config = mapAttrs (_: config: { inherit config; });

  # Machines without an operating system.
  bare =
    libc:
    mapAttrs (
      _: config: {
        inherit config libc;
      }
    );

  withMachine = machine: config: { inherit config; } // platforms.${machine};

  android = {
    androidSdkVersion = "35";
    androidNdkVersion = "27";
  };

  linux =
    onLinux {
      powernv = "powerpc64le";
      aarch64-multiplatform = "aarch64";
      gnu64 = "x86_64";
      gnu32 = "i686";
      riscv64 = "riscv64";
      riscv32 = "riscv32";
      m68k = "m68k";
      arc = "arc";
      sh4 = "sh4";
      s390 = "s390";
      s390x = "s390x";
    }
    // config {
      musl-power = "powerpc64le-unknown-linux-musl";
      ppc64-elfv1 = "powerpc64-unknown-linux-gnuabielfv1";
      ppc64-elfv2 = "powerpc64-unknown-linux-gnuabielfv2";
      ppc64 = "powerpc64-unknown-linux-gnuabielfv2";
      armv5tel-multiplatform = "armv5tel-unknown-linux-gnueabi";
      armv7l-hf-multiplatform = "armv7l-unknown-linux-gnueabihf";
      aarch64-multiplatform-musl = "aarch64-unknown-linux-musl";
      musl64 = "x86_64-unknown-linux-musl";
      musl32 = "i686-unknown-linux-musl";
      riscv64-musl = "riscv64-unknown-linux-musl";
    }
    // {
      ppc64-musl = {
        config = "powerpc64-unknown-linux-musl";
        gcc.abi = "elfv2";
      };
      ppc32 = {
        config = "powerpc-unknown-linux-gnu";
        rust.rustcTarget = "powerpc-unknown-linux-gnu";
      };
    }
    // mapAttrs (_: args: withMachine args.machine args.config) {
      raspberryPi = {
        machine = "raspberrypi";
        config = "armv6l-unknown-linux-gnueabihf";
      };
      muslpi = {
        machine = "raspberrypi";
        config = "armv6l-unknown-linux-musleabihf";
      };
      bluefield2 = {
        machine = "bluefield2";
        config = "aarch64-unknown-linux-gnu";
      };
      remarkable1 = {
        machine = "zero-gravitas";
        config = "armv7l-unknown-linux-gnueabihf";
      };
      remarkable2 = {
        machine = "zero-sugar";
        config = "armv7l-unknown-linux-gnueabihf";
      };
      ben-nanonote = {
        machine = "ben_nanonote";
        config = "mipsel-unknown-linux-uclibc";
      };
      fuloongminipc = {
        machine = "fuloong2f_n32";
        config = "mipsel-unknown-linux-gnu";
      };
      mips-linux-gnu = {
        machine = "gcc_mips32r2_o32";
        config = "mips-unknown-linux-gnu";
      };
      mipsel-linux-gnu = {
        machine = "gcc_mips32r2_o32";
        config = "mipsel-unknown-linux-gnu";
      };
      mips64-linux-gnuabin32 = {
        machine = "gcc_mips64r2_n32";
        config = "mips64-unknown-linux-gnuabin32";
      };
      mips64el-linux-gnuabin32 = {
        machine = "gcc_mips64r2_n32";
        config = "mips64el-unknown-linux-gnuabin32";
      };
      mips64-linux-gnuabi64 = {
        machine = "gcc_mips64r2_64";
        config = "mips64-unknown-linux-gnuabi64";
      };
      mips64el-linux-gnuabi64 = {
        machine = "gcc_mips64r2_64";
        config = "mips64el-unknown-linux-gnuabi64";
      };
      loongarch64-linux = {
        machine = "loongarch64-multiplatform";
        config = "loongarch64-unknown-linux-gnu";
      };
    }
    // {
      loongarch64-linux-embedded =
        lib.recursiveUpdate (withMachine "loongarch64-multiplatform" "loongarch64-unknown-linux-gnu")
          {
            gcc = {
              arch = "loongarch64";
              strict-align = true;
            };
          };

      armv7a-android-prebuilt =
        withMachine "armv7a-android" "armv7a-unknown-linux-androideabi"
        // android
        // {
          rust.rustcTarget = "armv7-linux-androideabi";
          useAndroidPrebuilt = true;
        };
      aarch64-android-prebuilt = android // {
        config = "aarch64-unknown-linux-android";
        rust.rustcTarget = "aarch64-linux-android";
        useAndroidPrebuilt = true;
      };
      aarch64-android = android // {
        config = "aarch64-unknown-linux-android";
        libc = "bionic";
        useAndroidPrebuilt = false;
        useLLVM = true;
      };
    };

  embedded =
    bare "newlib" {
      riscv64-embedded = "riscv64-none-elf";
      riscv32-embedded = "riscv32-none-elf";
      mips64-embedded = "mips64-none-elf";
      mips-embedded = "mips-none-elf";
      mmix = "mmix-unknown-mmixware";
      rx-embedded = "rx-none-elf";
      msp430 = "msp430-elf";
      vc4 = "vc4-elf";
      or1k = "or1k-elf";
      arm-embedded = "arm-none-eabi";
      aarch64be-embedded = "aarch64_be-none-elf";
      ppc-embedded = "powerpc-none-eabi";
      ppcle-embedded = "powerpcle-none-eabi";
      i686-embedded = "i686-elf";
      x86_64-embedded = "x86_64-elf";
      microblaze-embedded = "microblazeel-none-elf";
    }
    // bare "newlib-nano" { arm-embedded-nano = "arm-none-eabi"; }
    // config { avr = "avr"; }
    // {
      armhf-embedded = {
        config = "arm-none-eabihf";
        libc = "newlib";
        # GCC refuses the ABI without a floating point unit.
        gcc = {
          arch = "armv5t";
          fpu = "vfp";
        };
      };
      aarch64-embedded = {
        config = "aarch64-none-elf";
        libc = "newlib";
        rust.rustcTarget = "aarch64-unknown-none";
      };
    };

  iphone = {
    darwinSdkVersion = "14.3";
    xcodeVer = "12.3";
    useiOSPrebuilt = true;
  };

  darwin =
    mapAttrs
      (_: config: {
        inherit config;
        xcodePlatform = "MacOSX";
        platform = { };
      })
      {
        aarch64-darwin = "arm64-apple-darwin";
        x86_64-darwin = "x86_64-apple-darwin";
      }
    // {
      iphone64 = iphone // {
        config = "arm64-apple-ios";
        xcodePlatform = "iPhoneOS";
      };
      iphone64-simulator = iphone // {
        config = "x86_64-apple-ios";
        xcodePlatform = "iPhoneSimulator";
        darwinPlatform = "ios-simulator";
      };
    };

  uefi =
    mapAttrs
      (_: config: {
        inherit config;
        libc = null;
        useLLVM = true;
        linker = "lld";
      })
      {
        x86_64-unknown-uefi = "x86_64-unknown-uefi";
        aarch64-unknown-uefi = "aarch64-unknown-uefi";
      };

  windows = rec {
    mingw-msvcrt-i686 = {
      config = "i686-w64-mingw32";
      libc = "msvcrt";
    };
    mingw-msvcrt-x86_64 = {
      config = "x86_64-w64-mingw32";
      libc = "msvcrt";
    };
    mingw-ucrt-x86_64 = {
      config = "x86_64-w64-mingw32";
      libc = "ucrt";
    };
    mingw-ucrt-x86_64-llvm = mingw-ucrt-x86_64 // {
      rust.rustcTarget = "x86_64-pc-windows-gnullvm";
      useLLVM = true;
    };
    mingw-ucrt-aarch64 = {
      config = "aarch64-w64-mingw32";
      libc = "ucrt";
      rust.rustcTarget = "aarch64-pc-windows-gnullvm";
      useLLVM = true;
    };
    # Former names.
    mingw32 = mingw-msvcrt-i686;
    mingwW64 = mingw-msvcrt-x86_64;
    ucrt64 = mingw-ucrt-x86_64;
    ucrtAarch64 = mingw-ucrt-aarch64;
  };

  withLlvm =
    mapAttrs
      (_: config: {
        inherit config;
        useLLVM = true;
      })
      {
        x86_64-windows = "x86_64-pc-windows-msvc";
        aarch64-windows = "aarch64-pc-windows-msvc";
        aarch64-freebsd = "aarch64-unknown-freebsd";
        x86_64-freebsd = "x86_64-unknown-freebsd";
        x86_64-netbsd-llvm = "x86_64-unknown-netbsd";
        x86_64-openbsd = "x86_64-unknown-openbsd";
        wasi32 = "wasm32-unknown-wasi";
      };
in
linux
// embedded
// darwin
// uefi
// windows
// withLlvm
// config {
  x86_64-cygwin = "x86_64-pc-cygwin";
  x86_64-netbsd = "x86_64-unknown-netbsd";
  ghcjs = "javascript-unknown-ghcjs";
}
// {
  wasm32-unknown-none = {
    config = "wasm32-unknown-none";
    rust.rustcTarget = "wasm32-unknown-unknown";
    useLLVM = true;
  };
}
