# Questions about parsed systems, as patterns and as predicates.
{ lib, parse }:
let
  inherit (builtins)
    any
    attrValues
    filter
    isList
    mapAttrs
    ;
  inherit (parse)
    cpuTypes
    execFormats
    kernelFamilies
    kernels
    significantBytes
    ;

  # Without the conditions, which are functions and only compared by chance.
  abis = mapAttrs (_: abi: removeAttrs abi [ "assertions" ]) parse.abis;

  family = family: { cpu = { inherit family; }; };
  familyBits = family: bits: { cpu = { inherit family bits; }; };
  kernel = name: { kernel = kernels.${name}; };
  oneOfAbis = map (name: { abi = abis.${name}; });
in
rec {
  # Each a set that a system has to contain, or a list of alternatives.
  patterns = rec {
    isi686.cpu = cpuTypes.i686;
    isx86 = family "x86";
    isx86_32 = familyBits "x86" 32;
    isx86_64 = familyBits "x86" 64;
    isAarch = family "arm";
    isAarch32 = familyBits "arm" 32;
    isAarch64 = familyBits "arm" 64;
    isArmv7 = map (cpu: { cpu = { inherit (cpu) arch; }; }) (
      filter (cpu: lib.hasPrefix "armv7" cpu.arch or "") (attrValues cpuTypes)
    );
    isPower = family "power";
    isPower64 = familyBits "power" 64;
    isMips = family "mips";
    isMips32 = familyBits "mips" 32;
    isMips64 = familyBits "mips" 64;
    isMips64n32 = isMips64 // {
      abi.abi = "n32";
    };
    isMips64n64 = isMips64 // {
      abi.abi = "64";
    };
    isRiscV = family "riscv";
    isRiscV32 = familyBits "riscv" 32;
    isRiscV64 = familyBits "riscv" 64;
    isS390 = family "s390";
    isS390x = familyBits "s390" 64;
    isSparc = family "sparc";
    isSparc64 = familyBits "sparc" 64;
    isLoongArch64 = familyBits "loongarch" 64;
    isAlpha = family "alpha";
    isArc = family "arc";
    isAvr = family "avr";
    isJavaScript.cpu = cpuTypes.javascript;
    isM68k = family "m68k";
    isMicroBlaze = family "microblaze";
    isMmix = family "mmix";
    isMsp430 = family "msp430";
    isOr1k = family "or1k";
    isRx = family "rx";
    isSh4 = family "sh";
    isVc4 = family "vc4";
    isWasm = family "wasm";

    is32bit.cpu.bits = 32;
    is64bit.cpu.bits = 64;
    isILP32 =
      [ (familyBits "wasm" 32) ]
      ++ map (abi: { abi = { inherit abi; }; }) [
        "n32"
        "ilp32"
        "x32"
      ];
    isBigEndian.cpu.significantByte = significantBytes.bigEndian;
    isLittleEndian.cpu.significantByte = significantBytes.littleEndian;

    isBSD.kernel.families.bsd = kernelFamilies.bsd;
    isDarwin.kernel.families.darwin = kernelFamilies.darwin;
    isUnix = [
      isBSD
      isDarwin
      isLinux
      isSunOS
      isCygwin
      isRedox
    ];
    isLinux = kernel "linux";
    isMacOS = kernel "macos";
    isiOS = kernel "ios";
    isFreeBSD.kernel.name = "freebsd";
    isNetBSD = kernel "netbsd";
    isOpenBSD = kernel "openbsd";
    isSunOS = kernel "solaris";
    isWindows = kernel "windows";
    isCygwin = kernel "cygwin";
    isWasi = kernel "wasi";
    isRedox = kernel "redox";
    isGenode = kernel "genode";
    isGhcjs = kernel "ghcjs";
    isUefi = [ (kernel "uefi") ];
    isNone = kernel "none";
    isMinGW = isWindows // {
      abi = abis.gnu;
    };
    isMsvc = isWindows // {
      abi = abis.msvc;
    };

    isAbiElfv1.abi.abi = "elfv1";
    isAbiElfv2 = [
      { abi.abi = "elfv2"; }
      (isPower64 // { abi.name = "musl"; })
    ];
    isEabi.abi.eabi = true;
    isAndroid = oneOfAbis [
      "android"
      "androideabi"
    ];
    isGnu = oneOfAbis [
      "gnuabi64"
      "gnuabin32"
      "gnu"
      "gnueabi"
      "gnueabihf"
      "gnuabielfv1"
      "gnuabielfv2"
    ];
    isMusl = oneOfAbis [
      "musl"
      "musleabi"
      "musleabihf"
      "muslabin32"
      "muslabi64"
    ];
    isUClibc = oneOfAbis [
      "uclibc"
      "uclibceabi"
      "uclibceabihf"
    ];

    isElf.kernel.execFormat = execFormats.elf;
    isMacho.kernel.execFormat = execFormats.macho;
    isPE.kernel.execFormat = execFormats.pe;

    # CPUs for which the UEFI specification has a binding.
    isEfi =
      map
        (version: {
          cpu = {
            family = "arm";
            inherit version;
          };
        })
        [
          "6"
          "7"
          "8"
        ]
      ++ [
        isRiscV
        isx86
        (family "loongarch")
      ];
  };

  # The pattern of what is in both patterns.
  patternLogicalAnd =
    first: second:
    let
      joins =
        path: a: b:
        a == b
        || builtins.intersectAttrs a b == { }
        || throw "The patterns want different things at ${toString path}: ${builtins.toJSON a} and ${builtins.toJSON b}.";
    in
    builtins.concatMap (
      one: map (lib.recursiveUpdateUntil joins one) (lib.toList second)
    ) (lib.toList first);

  # A test for whether something contains a pattern, or one of several.
  matchAnyPattern =
    wanted:
    if isList wanted then set: any (pattern: lib.matchAttrs pattern set) wanted else lib.matchAttrs wanted;

  # The patterns as tests of a parsed system.
  predicates = mapAttrs (_: matchAnyPattern) patterns;

  # Patterns on elaborated platforms instead of parsed systems.
  platformPatterns.isStatic = {
    parsed = { };
    isStatic = true;
  };
}
