# Lists of system strings, all of them and by kind, for `meta.platforms`.
{
  lib,
  parse,
  inspect,
}:
let
  inherit (builtins) concatMap filter map;
  inherit (inspect) predicates;

  on = kernel: map (cpu: "${cpu}-${kernel}");

  all =
    on "cygwin" [
      "i686"
      "x86_64"
    ]
    ++ on "darwin" [
      "x86_64"
      "aarch64"
    ]
    ++ on "freebsd" [
      "i686"
      "x86_64"
      "aarch64"
    ]
    ++ on "genode" [
      "aarch64"
      "i686"
      "x86_64"
    ]
    ++ [
      "x86_64-solaris"
      "javascript-ghcjs"
    ]
    ++ on "linux" [
      "aarch64"
      "arc"
      "armv5tel"
      "armv6l"
      "armv7a"
      "armv7l"
      "i686"
      "loongarch64"
      "m68k"
      "sh4"
      "microblaze"
      "microblazeel"
      "mips"
      "mips64"
      "mips64el"
      "mipsel"
      "powerpc"
      "powerpc64"
      "powerpc64le"
      "riscv32"
      "riscv64"
      "s390"
      "s390x"
      "x86_64"
    ]
    ++ [ "mmix-mmixware" ]
    ++ on "netbsd" [
      "aarch64"
      "armv6l"
      "armv7a"
      "armv7l"
      "i686"
      "m68k"
      "mipsel"
      "powerpc"
      "riscv32"
      "riscv64"
      "x86_64"
    ]
    ++ on "none" [
      "aarch64_be"
      "aarch64"
      "arm"
      "armv6l"
      "avr"
      "i686"
      "microblaze"
      "microblazeel"
      "mips"
      "mips64"
      "msp430"
      "or1k"
      "m68k"
      "powerpc"
      "powerpcle"
      "riscv32"
      "riscv64"
      "rx"
      "s390"
      "s390x"
      "vc4"
      "x86_64"
    ]
    ++ on "openbsd" [
      "i686"
      "x86_64"
    ]
    ++ [ "x86_64-redox" ]
    ++ on "wasi" [
      "wasm64"
      "wasm32"
    ]
    ++ on "windows" [
      "aarch64"
      "x86_64"
      "i686"
    ]
    ++ on "uefi" [
      "aarch64"
      "x86_64"
    ];

  parsed = map (system: {
    inherit system;
    # Not checked for being in the tables, which they are.
    parsed = parse.mkSystemFromSkeleton (parse.mkSkeletonFromList (lib.splitString "-" system));
  }) all;
  where = test: map (entry: entry.system) (filter (entry: test entry.parsed) parsed);
in
{
  inherit all;
  none = [ ];

  arm = where predicates.isAarch32;
  armv7 = where predicates.isArmv7;
  aarch = where predicates.isAarch;
  aarch64 = where predicates.isAarch64;
  x86 = where predicates.isx86;
  i686 = where predicates.isi686;
  x86_64 = where predicates.isx86_64;
  arc = where predicates.isArc;
  js = where predicates.isJavaScript;
  loongarch64 = where predicates.isLoongArch64;
  m68k = where predicates.isM68k;
  microblaze = where predicates.isMicroBlaze;
  mips = where predicates.isMips;
  mmix = where predicates.isMmix;
  or1k = where predicates.isOr1k;
  power = where predicates.isPower;
  riscv = where predicates.isRiscV;
  riscv32 = where predicates.isRiscV32;
  riscv64 = where predicates.isRiscV64;
  rx = where predicates.isRx;
  s390 = where predicates.isS390;
  s390x = where predicates.isS390x;
  sh4 = where predicates.isSh4;
  vc4 = where predicates.isVc4;

  bigEndian = where predicates.isBigEndian;
  littleEndian = where predicates.isLittleEndian;

  cygwin = where predicates.isCygwin;
  darwin = where predicates.isDarwin;
  freebsd = where predicates.isFreeBSD;
  genode = where predicates.isGenode;
  illumos = where predicates.isSunOS;
  linux = where predicates.isLinux;
  netbsd = where predicates.isNetBSD;
  openbsd = where predicates.isOpenBSD;
  redox = where predicates.isRedox;
  unix = where predicates.isUnix;
  wasi = where predicates.isWasi;
  windows = where predicates.isWindows;
  uefi = where predicates.isUefi;

  # Linux with the GNU C library, grouped by ABI.
  gnu =
    concatMap (abi: where (system: system.kernel.name == "linux" && system.abi.name == abi))
      [
        "gnu"
        "gnueabi"
        "gnueabihf"
        "gnuabin32"
        "gnuabi64"
        "gnuabielfv1"
        "gnuabielfv2"
      ];

  embedded = where predicates.isNone;
}
