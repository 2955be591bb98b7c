# Rust's targets by their `target_env`, those without one left out, as rustc 1.96 lists them.
let
  targets = {
    gnu = [
      "aarch64-pc-windows-gnullvm"
      "aarch64-unknown-linux-gnu"
      "aarch64-unknown-linux-gnu_ilp32"
      "aarch64-wrs-vxworks"
      "aarch64_be-unknown-linux-gnu"
      "aarch64_be-unknown-linux-gnu_ilp32"
      "arm-unknown-linux-gnueabi"
      "arm-unknown-linux-gnueabihf"
      "armeb-unknown-linux-gnueabi"
      "armv4t-unknown-linux-gnueabi"
      "armv5te-unknown-linux-gnueabi"
      "armv7-unknown-linux-gnueabi"
      "armv7-unknown-linux-gnueabihf"
      "armv7-wrs-vxworks-eabihf"
      "csky-unknown-linux-gnuabiv2"
      "csky-unknown-linux-gnuabiv2hf"
      "i586-unknown-linux-gnu"
      "i686-pc-windows-gnu"
      "i686-pc-windows-gnullvm"
      "i686-unknown-hurd-gnu"
      "i686-unknown-linux-gnu"
      "i686-uwp-windows-gnu"
      "i686-win7-windows-gnu"
      "i686-wrs-vxworks"
      "loongarch64-unknown-linux-gnu"
      "m68k-unknown-linux-gnu"
      "mips-unknown-linux-gnu"
      "mips64-unknown-linux-gnuabi64"
      "mips64el-unknown-linux-gnuabi64"
      "mipsel-unknown-linux-gnu"
      "mipsisa32r6-unknown-linux-gnu"
      "mipsisa32r6el-unknown-linux-gnu"
      "mipsisa64r6-unknown-linux-gnuabi64"
      "mipsisa64r6el-unknown-linux-gnuabi64"
      "powerpc-unknown-linux-gnu"
      "powerpc-unknown-linux-gnuspe"
      "powerpc-wrs-vxworks"
      "powerpc-wrs-vxworks-spe"
      "powerpc64-unknown-linux-gnu"
      "powerpc64-wrs-vxworks"
      "powerpc64le-unknown-linux-gnu"
      "riscv32-wrs-vxworks"
      "riscv32gc-unknown-linux-gnu"
      "riscv64-wrs-vxworks"
      "riscv64a23-unknown-linux-gnu"
      "riscv64gc-unknown-linux-gnu"
      "s390x-unknown-linux-gnu"
      "sparc-unknown-linux-gnu"
      "sparc64-unknown-linux-gnu"
      "thumbv7neon-unknown-linux-gnueabihf"
      "x86_64-pc-windows-gnu"
      "x86_64-pc-windows-gnullvm"
      "x86_64-unknown-hurd-gnu"
      "x86_64-unknown-linux-gnu"
      "x86_64-unknown-linux-gnuasan"
      "x86_64-unknown-linux-gnumsan"
      "x86_64-unknown-linux-gnutsan"
      "x86_64-unknown-linux-gnux32"
      "x86_64-uwp-windows-gnu"
      "x86_64-win7-windows-gnu"
      "x86_64-wrs-vxworks"
    ];
    macabi = [
      "aarch64-apple-ios-macabi"
      "x86_64-apple-ios-macabi"
    ];
    mlibc = [
      "aarch64-unknown-managarm-mlibc"
      "riscv64gc-unknown-managarm-mlibc"
      "x86_64-unknown-managarm-mlibc"
    ];
    msvc = [
      "aarch64-pc-windows-msvc"
      "aarch64-uwp-windows-msvc"
      "arm64ec-pc-windows-msvc"
      "i686-pc-windows-msvc"
      "i686-uwp-windows-msvc"
      "i686-win7-windows-msvc"
      "thumbv7a-pc-windows-msvc"
      "thumbv7a-uwp-windows-msvc"
      "x86_64-pc-windows-msvc"
      "x86_64-uwp-windows-msvc"
      "x86_64-win7-windows-msvc"
    ];
    musl = [
      "aarch64-unknown-linux-musl"
      "aarch64_be-unknown-linux-musl"
      "arm-unknown-linux-musleabi"
      "arm-unknown-linux-musleabihf"
      "armv5te-unknown-linux-musleabi"
      "armv7-unknown-linux-musleabi"
      "armv7-unknown-linux-musleabihf"
      "hexagon-unknown-linux-musl"
      "i586-unknown-linux-musl"
      "i686-unknown-linux-musl"
      "loongarch64-unknown-linux-musl"
      "mips-unknown-linux-musl"
      "mips64-openwrt-linux-musl"
      "mips64-unknown-linux-muslabi64"
      "mips64el-unknown-linux-muslabi64"
      "mipsel-unknown-linux-musl"
      "powerpc-unknown-linux-musl"
      "powerpc-unknown-linux-muslspe"
      "powerpc64-unknown-linux-musl"
      "powerpc64le-unknown-linux-musl"
      "riscv32gc-unknown-linux-musl"
      "riscv64gc-unknown-linux-musl"
      "s390x-unknown-linux-musl"
      "thumbv7neon-unknown-linux-musleabihf"
      "wasm32-wali-linux-musl"
      "x86_64-unikraft-linux-musl"
      "x86_64-unknown-linux-musl"
    ];
    newlib = [
      "armv6k-nintendo-3ds"
      "armv7-rtems-eabihf"
      "armv7-sony-vita-newlibeabihf"
      "riscv32imac-esp-espidf"
      "riscv32imafc-esp-espidf"
      "riscv32imc-esp-espidf"
      "xtensa-esp32-espidf"
      "xtensa-esp32s2-espidf"
      "xtensa-esp32s3-espidf"
    ];
    nto70 = [
      "aarch64-unknown-nto-qnx700"
      "i686-pc-nto-qnx700"
    ];
    nto71 = [
      "aarch64-unknown-nto-qnx710"
      "x86_64-pc-nto-qnx710"
    ];
    nto71_iosock = [
      "aarch64-unknown-nto-qnx710_iosock"
      "x86_64-pc-nto-qnx710_iosock"
    ];
    nto80 = [
      "aarch64-unknown-nto-qnx800"
      "x86_64-pc-nto-qnx800"
    ];
    ohos = [
      "aarch64-unknown-linux-ohos"
      "armv7-unknown-linux-ohos"
      "loongarch64-unknown-linux-ohos"
      "x86_64-unknown-linux-ohos"
    ];
    p1 = [
      "wasm32-wasip1"
      "wasm32-wasip1-threads"
    ];
    p2 = [ "wasm32-wasip2" ];
    p3 = [ "wasm32-wasip3" ];
    relibc = [
      "aarch64-unknown-redox"
      "i586-unknown-redox"
      "riscv64gc-unknown-redox"
      "x86_64-unknown-redox"
    ];
    sgx = [ "x86_64-fortanix-unknown-sgx" ];
    sim = [
      "aarch64-apple-ios-sim"
      "aarch64-apple-tvos-sim"
      "aarch64-apple-visionos-sim"
      "aarch64-apple-watchos-sim"
      "i386-apple-ios"
      "x86_64-apple-ios"
      "x86_64-apple-tvos"
      "x86_64-apple-watchos-sim"
    ];
    uclibc = [
      "armv5te-unknown-linux-uclibceabi"
      "armv7-unknown-linux-uclibceabi"
      "armv7-unknown-linux-uclibceabihf"
      "mips-unknown-linux-uclibc"
      "mipsel-unknown-linux-uclibc"
      "x86_64-unknown-l4re-uclibc"
    ];
    v5 = [ "armv7a-vex-v5" ];
  };
in
# The other way round: environments by target.
builtins.listToAttrs (
  builtins.concatMap (
    value: map (name: { inherit name value; }) targets.${value}
  ) (builtins.attrNames targets)
)
