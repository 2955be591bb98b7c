# Everything known about a platform, from its system string or a set with `system` or `config`.
{
  lib,
  parse,
  inspect,
  platforms,
  architectures,
  functionNames,
  systemToAttrs,
}:
let
  inherit (builtins) mapAttrs removeAttrs;
  toolchains = import ./toolchains.nix { inherit lib; };

  libcOf =
    p:
    if p.isDarwin then
      "libSystem"
    else if p.isMsvc then
      "ucrt"
    else if p.isMinGW then
      "msvcrt"
    else if p.isCygwin then
      "cygwin"
    else if p.isWasi then
      "wasilibc"
    else if p.isWasm then
      null
    else if p.isRedox then
      "relibc"
    else if p.isMusl then
      "musl"
    else if p.isUClibc then
      "uclibc"
    else if p.isAndroid then
      "bionic"
    else if p.isLinux then
      "glibc"
    else if p.isFreeBSD then
      "fblibc"
    else if p.isOpenBSD then
      "oblibc"
    else if p.isNetBSD then
      "nblibc"
    else if p.isAvr then
      "avrlibc"
    else if p.isGhcjs then
      null
    else if p.isNone then
      "newlib"
    else
      "native/impure";

  # Whether there is a loader for shared libraries.
  hasLoader =
    p:
    p.isAndroid
    || p.isGnu
    || p.isMusl
    || p.isDarwin
    || p.isSunOS
    || p.isOpenBSD
    || p.isFreeBSD
    || p.isNetBSD
    || p.isCygwin
    || p.isWindows
    || p.isWasm;

  # Names that kernels call themselves.
  unames = {
    linux = "Linux";
    darwin = "Darwin";
    freebsd = "FreeBSD";
    netbsd = "NetBSD";
    openbsd = "OpenBSD";
    windows = "Windows";
    cygwin = "CYGWIN_NT";
    wasi = "Wasi";
    redox = "Redox";
    genode = "Genode";
  };

  endian = p: lib.optionalString p.isLittleEndian "el";

  linuxArchOf =
    p:
    if p.isAarch32 then
      "arm"
    else if p.isAarch64 then
      "arm64"
    else if p.isx86_32 then
      "i386"
    else if p.isx86_64 then
      "x86_64"
    else if p.isMips then
      "mips"
    else if p.isPower then
      "powerpc"
    else if p.isRiscV then
      "riscv"
    else if p.isS390 then
      "s390"
    else if p.isLoongArch64 then
      "loongarch"
    else if p.isMicroBlaze then
      "microblaze"
    else if p.isSh4 then
      "sh"
    else
      p.parsed.cpu.name;

  qemuArchOf =
    p:
    if p.isAarch32 then
      "arm"
    else if p.isAarch64 then
      "aarch64${lib.optionalString p.isBigEndian "_be"}"
    else if p.isx86_64 then
      "x86_64"
    else if p.isx86 then
      "i386"
    else if p.isS390 && !p.isS390x then
      null
    else if p.isMips64n32 then
      "mipsn32${endian p}"
    else if p.isMips64 then
      "mips64${endian p}"
    else
      p.uname.processor;

  processorOf =
    p:
    let
      le = lib.optionalString p.isLittleEndian "le";
    in
    if p.isPower64 then
      "ppc64${le}"
    else if p.isPower then
      "ppc${le}"
    else if p.isMips64 then
      "mips64"
    else if p.isDarwin then
      p.darwinArch
    else
      p.parsed.cpu.name;

  efiArchOf =
    p:
    if p.isx86_32 then
      "ia32"
    else if p.isx86_64 then
      "x64"
    else if p.isAarch32 then
      "arm"
    else if p.isAarch64 then
      "aa64"
    else
      p.parsed.cpu.name;

  # The program that runs executables of a platform on the one of a package set, or null.
  emulatorFor =
    p: pkgs:
    let
      host = pkgs.stdenv.hostPlatform;
      wine = (pkgs.winePackagesFor "wine${toString p.parsed.cpu.bits}").minimal;
    in
    if host.canExecute p then
      lib.getExe (pkgs.writeShellScriptBin "exec" ''exec "$@"'')
    else if p.isWindows then
      "${wine}/bin/wine"
    else if p.isLinux && host.isLinux && p.qemuArch != null then
      "${pkgs.qemu-user}/bin/qemu-${p.qemuArch}"
    else if p.isWasi then
      "${pkgs.wasmtime}/bin/wasmtime"
    else if p.isGhcjs then
      "${pkgs.nodejs-slim}/bin/node"
    else if p.isMmix then
      "${pkgs.mmixware}/bin/mmix"
    else
      null;

  # Whether code for the CPU model of the second runs on the first. Of another CPU it is not asked.
  runsModelOf =
    p: other:
    p.parsed.cpu != other.parsed.cpu
    || !(other ? gcc.arch)
    || (p ? gcc.arch && architectures.canExecute p.gcc.arch other.gcc.arch);

  checkAbi =
    p:
    builtins.foldl' (
      p: condition: if condition.assertion p then p else throw condition.message
    ) p (p.parsed.abi.assertions or [ ]);
in
given:
let
  arguments = systemToAttrs given;
  # What is given replaces what would be derived, but for what is derived of the rest.
  overrides = removeAttrs arguments [
    "parsed"
    "system"
    "_withoutFunctions"
  ];
  isWindowsLike = platform.isWindows || platform.isCygwin;
  platform = {
    _withoutFunctions = removeAttrs platform (functionNames ++ [ "_withoutFunctions" ]);
    parsed = parse.mkSystemFromString (overrides.config or arguments.system);
    system = parse.doubleFromSystem platform.parsed;
    config = parse.tripleFromSystem platform.parsed;
    libc = libcOf platform;
    linker =
      if platform.useLLVM then
        "lld"
      else if platform.isDarwin then
        "cctools"
      else
        "bfd";
    useLLVM = platform.isFreeBSD || platform.isOpenBSD;
    useAndroidPrebuilt = false;
    useiOSPrebuilt = false;
    libDir =
      if !platform.isLinux then
        null
      else if platform.isx86_64 || platform.isMips64 || platform.isPower64 then
        "lib64"
      else
        "lib";
    isStatic = platform.isWasi || platform.isRedox;
    hasSharedLibraries = hasLoader platform && !platform.isStatic;
    extensions = {
      staticLibrary = if platform.isWindows then ".lib" else ".a";
      library = with platform.extensions; if platform.isStatic then staticLibrary else sharedLibrary;
      executable = if isWindowsLike then ".exe" else "";
      ${if platform.hasSharedLibraries then "sharedLibrary" else null} =
        if platform.isDarwin then
          ".dylib"
        else if isWindowsLike then
          ".dll"
        else
          ".so";
    };
    uname = {
      system = unames.${platform.parsed.kernel.name} or null;
      processor = processorOf platform;
      release = null;
    };
    gcc = (platforms.select platform).gcc or { };
    rustc = { };
    linuxArch = linuxArchOf platform;
    ubootArch =
      if platform.isx86_32 then
        "x86"
      else if platform.isMips64 then
        "mips64"
      else
        platform.linuxArch;
    qemuArch = qemuArchOf platform;
    efiArch = efiArchOf platform;
    darwinArch = parse.darwinArch platform.parsed.cpu;
    darwinPlatform =
      if platform.isMacOS then
        "macos"
      else if platform.isiOS then
        "ios"
      else
        null;
    darwinSdkVersion = platform.sdkVer or "14.4";
    darwinMinVersion = "14.0";
    darwinMinVersionVariable =
      if platform.isMacOS then
        "MACOSX_DEPLOYMENT_TARGET"
      else if platform.isiOS then
        "IPHONEOS_DEPLOYMENT_TARGET"
      else
        null;
    androidSdkVersion = null;
    androidNdkVersion = null;
    canExecute =
      other:
      platform.isAndroid == other.isAndroid
      && parse.isCompatible platform.parsed.cpu other.parsed.cpu
      && platform.parsed.kernel == other.parsed.kernel
      && runsModelOf platform other;
    emulatorAvailable = pkgs: emulatorFor platform pkgs != null;
    staticEmulatorAvailable =
      pkgs:
      platform.emulatorAvailable pkgs && (platform.isLinux || platform.isWasi || platform.isMmix);
    emulator =
      pkgs:
      if platform.emulatorAvailable pkgs then
        emulatorFor platform pkgs
      else
        throw "Don't know how to run ${platform.config} executables.";
  }
  // mapAttrs (_: test: test platform.parsed) inspect.predicates
  // mapAttrs (_: test: test (platform.gcc.arch or "default")) architectures.predicates
  // overrides
  // {
    rust = toolchains.rust arguments platform;
    go = toolchains.go platform;
    node = toolchains.node platform;
    nim = toolchains.nim platform;
  };
in
assert platform.useAndroidPrebuilt -> platform.isAndroid;
checkAbi platform
