# System strings: their parts (CPU, vendor, kernel, ABI) as sets, and both ways of writing them.
{ lib }:
let
  inherit (builtins)
    any
    concatStringsSep
    elem
    elemAt
    head
    length
    mapAttrs
    match
    ;
  inherit (lib) hasPrefix versionAtLeast;

  tagged =
    _type: mapAttrs (name: value: { inherit name; } // value // { inherit _type; });

  little = significantBytes.littleEndian;
  big = significantBytes.bigEndian;

  significantBytes = tagged "significant-byte" {
    bigEndian = { };
    littleEndian = { };
  };

  cpu = significantByte: bits: family: { inherit significantByte bits family; };
  versioned =
    base: version: arch:
    base // { inherit version arch; };
  arm = versioned (cpu little 32 "arm");
  x86 = arch: cpu little 32 "x86" // { inherit arch; };

  execFormats = tagged "exec-format" {
    aout = { };
    elf = { };
    macho = { };
    pe = { };
    wasm = { };
    unknown = { };
  };

  kernelFamilies = tagged "exec-format" {
    bsd = { };
    darwin = { };
  };

  kernel = format: families: {
    execFormat = execFormats.${format};
    inherit families;
  };
  elf = kernel "elf" { };
  pe = kernel "pe" { };
  unknown = kernel "unknown" { };
  bsd = kernel "elf" { inherit (kernelFamilies) bsd; };
  apple = kernel "macho" { inherit (kernelFamilies) darwin; };

  softFloat = {
    float = "soft";
    eabi = true;
  };
  hardFloat = {
    float = "hard";
    eabi = true;
  };
in
rec {
  inherit execFormats kernelFamilies significantBytes;

  # CPUs by name.
  cpuTypes =
    let
      types = tagged "cpu-type" {
        arm = cpu little 32 "arm";
        armv5tel = arm "5" "armv5t";
        armv6m = arm "6" "armv6-m";
        armv6l = arm "6" "armv6";
        armv7a = arm "7" "armv7-a";
        armv7r = arm "7" "armv7-r";
        armv7m = arm "7" "armv7-m";
        armv7l = arm "7" "armv7";
        armv8a = arm "8" "armv8-a";
        armv8r = arm "8" "armv8-a";
        armv8m = arm "8" "armv8-m";
        aarch64 = versioned (cpu little 64 "arm") "8" "armv8-a";
        aarch64_be = versioned (cpu big 64 "arm") "8" "armv8-a";
        i386 = x86 "i386";
        i486 = x86 "i486";
        i586 = x86 "i586";
        i686 = x86 "i686";
        x86_64 = cpu little 64 "x86" // {
          arch = "x86-64";
        };
        alpha = cpu little 64 "alpha";
        arc = cpu little 32 "arc";
        avr = {
          bits = 8;
          family = "avr";
        };
        javascript = cpu little 32 "javascript";
        loongarch64 = cpu little 64 "loongarch";
        m68k = cpu big 32 "m68k";
        microblaze = cpu big 32 "microblaze";
        microblazeel = cpu little 32 "microblaze";
        mips = cpu big 32 "mips";
        mipsel = cpu little 32 "mips";
        mips64 = cpu big 64 "mips";
        mips64el = cpu little 64 "mips";
        mmix = cpu big 64 "mmix";
        msp430 = cpu little 16 "msp430";
        or1k = cpu big 32 "or1k";
        powerpc = cpu big 32 "power";
        powerpcle = cpu little 32 "power";
        powerpc64 = cpu big 64 "power";
        powerpc64le = cpu little 64 "power";
        riscv32 = cpu little 32 "riscv";
        riscv64 = cpu little 64 "riscv";
        rx = cpu little 32 "rx";
        s390 = cpu big 32 "s390";
        s390x = cpu big 64 "s390";
        sh4 = cpu little 32 "sh";
        sparc = cpu big 32 "sparc";
        sparc64 = cpu big 64 "sparc";
        vc4 = cpu little 32 "vc4";
        wasm32 = cpu little 32 "wasm";
        wasm64 = cpu little 64 "wasm";
      };
    in
    types // { arm64 = types.aarch64; };

  # Vendors by name; few of them mean anything.
  vendors = tagged "vendor" {
    apple = { };
    pc = { };
    knuth = { };
    w64 = { };
    none = { };
    unknown = { };
  };

  # Kernels by name, with the executables they run.
  kernels =
    let
      types = tagged "kernel" {
        macos = apple // {
          name = "darwin";
        };
        ios = apple;
        freebsd = bsd;
        netbsd = bsd;
        openbsd = bsd;
        linux = elf;
        solaris = elf;
        redox = elf;
        genode = elf;
        windows = pe;
        cygwin = pe;
        uefi = pe;
        wasi = kernel "wasm" { };
        none = unknown;
        ghcjs = unknown;
        mmixware = unknown;
      };
    in
    types
    // {
      darwin = types.macos;
      watchos = types.ios;
      tvos = types.ios;
      win32 = types.windows;
    };

  # Binary interfaces by name.
  abis = tagged "abi" {
    msvc = { };
    eabi = softFloat;
    eabihf = hardFloat;
    elf = { };
    android = { };
    androideabi.eabi = true;
    gnu = { };
    gnueabi = softFloat;
    gnueabihf = hardFloat;
    gnuabi64.abi = "64";
    gnuabin32.abi = "n32";
    gnuabielfv1.abi = "elfv1";
    gnuabielfv2.abi = "elfv2";
    musl = { };
    musleabi = softFloat;
    musleabihf = hardFloat;
    muslabi64.abi = "64";
    muslabin32.abi = "n32";
    uclibc = { };
    uclibceabi = softFloat;
    uclibceabihf = hardFloat;
    unknown = { };
  };

  # Whether a value is a parsed system.
  isSystem = x: x._type or "" == "system";
  mkSystem = parts: parts // { _type = "system"; };

  # The parts named in the components of a system string.
  mkSkeletonFromList =
    list:
    let
      first = head list;
      second = elemAt list 1;
      third = elemAt list 2;
      refuse = why: throw "system string '${concatStringsSep "-" list}' ${why}";
      count = length list;
      # Kernels that are written third, after the vendor.
      afterVendor =
        second == "apple"
        || elem third [
          "redox"
          "mmixware"
          "ghcjs"
          "mingw32"
          "uefi"
        ]
        || any (kernel: hasPrefix kernel third) [
          "freebsd"
          "netbsd"
          "openbsd"
          "genode"
          "cygwin"
        ]
        || hasPrefix "wasm32" first;
    in
    if count == 1 then
      if first == "avr" then
        {
          cpu = first;
          kernel = "none";
          abi = "unknown";
        }
      else
        refuse "with 1 component is ambiguous"
    else if count == 2 then
      if second == "cygwin" then
        {
          cpu = first;
          vendor = "pc";
          kernel = "cygwin";
        }
      else if second == "windows" then
        {
          cpu = first;
          kernel = "windows";
          abi = "msvc";
        }
      else if second == "elf" then
        {
          cpu = first;
          vendor = "unknown";
          kernel = "none";
          abi = "elf";
        }
      else
        {
          cpu = first;
          kernel = second;
        }
    else if count == 3 then
      if
        second == "linux"
        || elem third [
          "eabi"
          "eabihf"
          "elf"
          "gnu"
        ]
      then
        {
          cpu = first;
          vendor = "unknown";
          kernel = second;
          abi = third;
        }
      else if afterVendor then
        {
          cpu = first;
          vendor = second;
          kernel = if third == "mingw32" then "windows" else third;
        }
      else
        refuse "with 3 components is ambiguous"
    else if count == 4 then
      {
        cpu = first;
        vendor = second;
        kernel = third;
        abi = elemAt list 3;
      }
    else
      refuse "has invalid number of hyphen-separated components";

  # A parsed system from such names; what is missing is what the others imply.
  mkSystemFromSkeleton =
    names:
    let
      find =
        what: table: name:
        table.${name} or (throw "Unknown ${what}: ${name}");
      suffix = match "(.*)e?abi.*" names.kernel;
      kernelName =
        if hasPrefix "darwin" names.kernel then
          "darwin"
        else if hasPrefix "netbsd" names.kernel then
          "netbsd"
        else if suffix != null then
          head suffix
        else
          names.kernel;
      cpu = find "CPU type" cpuTypes names.cpu;
      kernel = find "kernel" kernels kernelName;
      isWindows = kernel == kernels.windows;
      impliedVendor =
        if kernel.families ? darwin then
          vendors.apple
        else if isWindows || kernel == kernels.cygwin then
          vendors.pc
        else
          vendors.unknown;
      impliedAbi =
        if kernel != kernels.linux && !isWindows then
          abis.unknown
        else if cpu.family == "arm" && cpu.bits == 32 then
          if versionAtLeast (cpu.version or "0") "6" then abis.gnueabihf else abis.gnueabi
        else if cpu == cpuTypes.powerpc64 then
          abis.gnuabielfv1
        else
          abis.gnu;
    in
    mkSystem {
      inherit cpu kernel;
      vendor = if names ? vendor then find "vendor" vendors names.vendor else impliedVendor;
      abi = if names ? abi then find "ABI" abis names.abi else impliedAbi;
    };

  # A parsed system from a system string, whether of two, three or four parts.
  mkSystemFromString =
    text: mkSystemFromSkeleton (mkSkeletonFromList (lib.splitString "-" text));

  # How a kernel and a CPU are written in system strings.
  kernelName = kernel: kernel.name + toString (kernel.version or "");
  darwinArch = cpu: if cpu.name == "aarch64" then "arm64" else cpu.name;

  # As Nix writes it: "x86_64-linux".
  doubleFromSystem =
    { cpu, kernel, ... }:
    "${cpu.name}-${if kernel.families ? darwin then "darwin" else kernelName kernel}";

  # As compilers write it: "x86_64-unknown-linux-gnu".
  tripleFromSystem =
    {
      cpu,
      vendor,
      kernel,
      abi,
      ...
    }:
    let
      cpuName = if kernel.families ? darwin then darwinArch cpu else cpu.name;
      # GNU's tools take another executable format for granted on these.
      aoutByDefault =
        cpu.bits == 32
        && elem cpu.family [
          "arm"
          "sparc"
          "m68k"
          "x86"
        ];
      format = lib.optionalString (kernel.name == "netbsd" && aoutByDefault) kernel.execFormat.name;
    in
    "${cpuName}-${vendor.name}-${kernelName kernel}${format}${
      lib.optionalString (abi != abis.unknown) "-${abi.name}"
    }";

  # Whether code for the second CPU runs on the first.
  isCompatible =
    runner: code:
    let
      successors = {
        i386 = [ "i486" ];
        i486 = [ "i586" ];
        i586 = [ "i686" ];
        i686 = [ "x86_64" ];
        arm = [ "armv5tel" ];
        armv5tel = [ "armv6l" ];
        armv6m = [ "armv6l" ];
        armv6l = [ "armv7l" ];
        armv7l = [
          "armv7a"
          "armv7r"
        ];
        armv7m = [
          "armv7a"
          "armv7r"
        ];
        armv8a = [ "aarch64" ];
        powerpc = [ "powerpc64" ];
        powerpcle = [ "powerpc64le" ];
        mips = [ "mips64" ];
        mipsel = [ "mips64el" ];
        sparc = [ "sparc64" ];
      };
    in
    runner == code
    || any (name: isCompatible runner cpuTypes.${name}) (successors.${code.name} or [ ]);
}
