# Platforms: from a system string like "x86_64-linux" to what packages ask about it, and lists of systems.
{ lib }:
let
  inherit (builtins)
    isAttrs
    mapAttrs
    removeAttrs
    ;
  parse = import ./parse.nix { inherit lib; };
  inspect = import ./inspect.nix { inherit lib parse; };

  functionNames = [
    "canExecute"
    "emulator"
    "emulatorAvailable"
    "staticEmulatorAvailable"
  ];

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
    else if p.isNone then
      "newlib"
    else
      "native/impure";

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
    in
    if host.canExecute p then
      lib.getExe (pkgs.writeShellScriptBin "exec" ''exec "$@"'')
    else if p.isLinux && host.isLinux && p.qemuArch != null then
      "${pkgs.qemu-user}/bin/qemu-${p.qemuArch}"
    else if p.isWasi then
      "${pkgs.wasmtime}/bin/wasmtime"
    else
      null;

  systemToAttrs = system: if isAttrs system then system else { inherit system; };

  # Everything known about a platform, from its system string or a set with `system` or `config`. Further
  # attributes of the set replace what would be derived.
  elaborate =
    given:
    let
      arguments = systemToAttrs given;
      overrides = removeAttrs arguments [
        "parsed"
        "system"
        "_withoutFunctions"
      ];
      platform =
        {
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
          libDir =
            if !platform.isLinux then
              null
            else if platform.isx86_64 || platform.isMips64 || platform.isPower64 then
              "lib64"
            else
              "lib";
          isStatic = platform.isWasi || platform.isRedox;
          hasSharedLibraries = !platform.isStatic && !platform.isNone;
          extensions = {
            staticLibrary = if platform.isWindows then ".lib" else ".a";
            library =
              if platform.isStatic then
                platform.extensions.staticLibrary
              else
                platform.extensions.sharedLibrary;
            sharedLibrary =
              if platform.isDarwin then
                ".dylib"
              else if platform.isWindows || platform.isCygwin then
                ".dll"
              else
                ".so";
            executable = if platform.isWindows || platform.isCygwin then ".exe" else "";
          };
          uname = {
            system = unames.${platform.parsed.kernel.name} or null;
            processor = processorOf platform;
            release = null;
          };
          gcc = overrides.gcc or { };
          rustc = overrides.rustc or { };
          linuxArch = linuxArchOf platform;
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
          canExecute =
            other:
            platform.isAndroid == other.isAndroid
            && parse.isCompatible platform.parsed.cpu other.parsed.cpu
            && platform.parsed.kernel == other.parsed.kernel;
          emulatorAvailable = pkgs: emulatorFor platform pkgs != null;
          staticEmulatorAvailable =
            pkgs: platform.emulatorAvailable pkgs && (platform.isLinux || platform.isWasi);
          emulator =
            pkgs:
            if platform.emulatorAvailable pkgs then
              emulatorFor platform pkgs
            else
              throw "Don't know how to run ${platform.config} executables.";
        }
        // mapAttrs (_: test: test platform.parsed) inspect.predicates
        // overrides;
    in
    platform;
in
{
  inherit
    elaborate
    functionNames
    inspect
    parse
    systemToAttrs
    ;

  # Whether two elaborated platforms are the same; functions cannot be compared.
  equals = a: b: a._withoutFunctions == b._withoutFunctions;

  # Lists of systems.
  doubles = import ./doubles.nix { inherit lib parse inspect; };

  # The systems that flakes usually offer packages for.
  flakeExposed = [
    "x86_64-linux"
    "aarch64-linux"
    "armv6l-linux"
    "armv7l-linux"
    "i686-linux"
    "aarch64-darwin"
    "powerpc64le-linux"
    "riscv64-linux"
    "x86_64-freebsd"
  ];
}
