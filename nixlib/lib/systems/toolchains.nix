# What compilers call a platform: Rust, Go, Node.js, Nim.
{ lib }:
let
  inherit (lib)
    hasPrefix
    hasSuffix
    optional
    optionalString
    toUpper
    ;
  rustEnvironments = import ./rust-targets.nix;

  rustCpus = {
    armv7a = "armv7";
    armv7l = "armv7";
    armv6l = "arm";
    armv5tel = "armv5te";
    riscv32 = "riscv32gc";
    riscv64 = "riscv64gc";
  };

  goCpus = {
    aarch64 = "arm64";
    arm = "arm";
    armv5tel = "arm";
    armv6l = "arm";
    armv7l = "arm";
    i686 = "386";
    loongarch64 = "loong64";
    mips = "mips";
    mips64el = "mips64le";
    mipsel = "mipsle";
    powerpc64 = "ppc64";
    powerpc64le = "ppc64le";
    riscv64 = "riscv64";
    s390x = "s390x";
    wasm32 = "wasm";
    x86_64 = "amd64";
  };
in
{
  # `given` is what the platform was elaborated from. `rustc` in it is the former name of `rust`.
  rust =
    given: p:
    let
      own = given.rust or given.rustc or { };
      inherit (p.parsed)
        cpu
        vendor
        kernel
        abi
        ;

      # A target of one's own, as the set that its specification is.
      custom =
        own.platform
          or (if hasSuffix ".json" (own.rustcTargetSpec or "") then lib.importJSON own.rustcTargetSpec else { });

      abiName =
        # Rust leaves open which of the two ABIs for POWER is meant.
        if hasPrefix "powerpc" cpu.name && hasPrefix "gnuabielfv" abi.name then "gnu" else abi.name;
      target =
        if p.isWasi then
          "${own.platform.arch or rustCpus.${cpu.name} or cpu.name}-wasip1"
        else
          "${own.platform.arch or rustCpus.${cpu.name} or cpu.name}-${rust.platform.vendor}-${kernel.name}${
            optionalString (abi.name != "unknown") "-${abiName}"
          }";

      rust = own // {
        platform = custom // {
          arch =
            if own ? platform then
              own.platform.arch
            else if p.isAarch32 then
              "arm"
            else if p.isMips64 then
              "mips64"
            else if p.isPower64 then
              "powerpc64"
            else
              cpu.name;
          env = own.platform.env or rustEnvironments.${rust.rustcTargetSpec} or "";
          os =
            if own ? platform then
              own.platform.os or "none"
            else if p.isDarwin then
              "macos"
            else if p.isWasm && !p.isWasi then
              "unknown"
            else
              kernel.name;
          target-family =
            given.rust.platform.target-family or (
              if given ? rustc.platform.target-family then
                lib.toList given.rustc.platform.target-family
              else
                optional p.isUnix "unix" ++ optional p.isWindows "windows" ++ optional p.isWasm "wasm"
            );
          vendor = own.platform.vendor or (if vendor.name == "w64" then "pc" else vendor.name);
        };

        # The name of the target, or the file that specifies it.
        rustcTargetSpec =
          given.rust.rustcTargetSpec or given.rustc.config or (
            if own ? platform then
              builtins.toFile "${own.rustcTarget or target}.json" (builtins.toJSON own.platform)
            else
              given.rust.rustcTarget or target
          );
        rustcTarget = own.rustcTarget or rust.cargoShortTarget;

        # What Cargo calls the target, in folders and in variables of the environment.
        cargoShortTarget = lib.removeSuffix ".json" (baseNameOf "${rust.rustcTargetSpec}");
        cargoEnvVarTarget = lib.replaceStrings [ "-" ] [ "_" ] (toUpper rust.cargoShortTarget);

        isNoStdTarget = lib.any (part: lib.hasInfix part rust.rustcTarget) [
          "-none"
          "nvptx"
          "switch"
          "-uefi"
        ];
      };
    in
    rust;

  go = p: {
    GOARCH = goCpus.${p.parsed.cpu.name} or null;
    GOOS = if p.isWasi then "wasip1" else p.parsed.kernel.name;
    GOARM =
      let
        version = p.parsed.cpu.version or "";
      in
      optionalString (lib.elem version [
        "5"
        "6"
        "7"
      ]) version;
  };

  node = p: {
    arch =
      if p.isAarch then
        "arm" + optionalString p.is64bit "64"
      else if p.isMips32 then
        "mips" + optionalString p.isLittleEndian "el"
      else if p.isMips64 && p.isLittleEndian then
        "mips64el"
      else if p.isPower then
        "ppc" + optionalString p.is64bit "64"
      else if p.isx86_64 then
        "x64"
      else if p.isx86_32 then
        "ia32"
      else if p.isS390x then
        "s390x"
      else if p.isRiscV64 then
        "riscv64"
      else if p.isLoongArch64 then
        "loong64"
      else
        null;
    platform =
      if p.isAndroid then
        "android"
      else if p.isDarwin then
        "darwin"
      else if p.isFreeBSD then
        "freebsd"
      else if p.isLinux then
        "linux"
      else if p.isOpenBSD then
        "openbsd"
      else if p.isSunOS then
        "sunos"
      else if p.isWindows || p.isCygwin then
        "win32"
      else
        null;
  };

  nim = p: {
    cpu =
      if p.isAarch then
        "arm" + optionalString p.is64bit "64"
      else if p.isAlpha then
        "alpha"
      else if p.isAvr then
        "avr"
      else if p.isMips then
        "mips" + optionalString p.is64bit "64"
      else if p.isMsp430 then
        "msp430"
      else if p.isPower then
        "powerpc" + optionalString p.is64bit "64"
      else if p.isRiscV64 then
        "riscv64"
      else if p.isSparc then
        "sparc"
      else if p.isx86_32 then
        "i386"
      else if p.isx86_64 then
        "amd64"
      else
        null;
    os =
      if p.isAndroid then
        "Android"
      else if p.isDarwin then
        "MacOSX"
      else if p.isFreeBSD then
        "FreeBSD"
      else if p.isGenode then
        "Genode"
      else if p.isLinux then
        "Linux"
      else if p.isNetBSD then
        "NetBSD"
      else if p.isNone then
        "Standalone"
      else if p.isOpenBSD then
        "OpenBSD"
      else if p.isWindows then
        "Windows"
      else
        null;
  };
}
