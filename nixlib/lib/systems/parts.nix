# The parts of systems by name, CPUs, vendors, kernels and ABIs, and what may be a part.
{ lib }:
let
  inherit (builtins)
    all
    attrValues
    elem
    mapAttrs
    ;

  named = mapAttrs (name: value: { inherit name; } // value);

  little = significantBytes.littleEndian;
  big = significantBytes.bigEndian;

  significantBytes = named {
    bigEndian = { };
    littleEndian = { };
  };

  cpu = significantByte: bits: family: { inherit significantByte bits family; };
  versioned =
    base: version: arch:
    base // { inherit version arch; };
  arm = versioned (cpu little 32 "arm");
  x86 = arch: cpu little 32 "x86" // { inherit arch; };

  execFormats = named {
    aout = { };
    elf = { };
    macho = { };
    pe = { };
    wasm = { };
    unknown = { };
  };

  kernelFamilies = named {
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

  # A condition on elaborated platforms, with what to say when it does not hold.
  unless = test: message: {
    assertion = platform: !test platform;
    inherit message;
  };

  oneOf = values: {
    name = "enum";
    verify = value: elem value values;
  };

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
      types = named {
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
  vendors = named {
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
      types = named {
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
  abis = named {
    msvc = { };
    eabi = softFloat;
    eabihf = hardFloat;
    elf = { };
    android.assertions = [
      (unless (platform: platform.isAarch32) "On 32-bit ARM, \"androideabi\" is the ABI of Android, not \"android\".")
    ];
    androideabi.eabi = true;
    gnu.assertions = [
      (unless (platform: platform.isAarch32) "On 32-bit ARM, \"gnu\" could be \"gnueabi\" or \"gnueabihf\": write one of them.")
      (unless (platform: platform.isPower64 && platform.isBigEndian) "On big-endian 64-bit PowerPC, \"gnu\" could be \"gnuabielfv1\" or \"gnuabielfv2\": write one of them.")
    ];
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

  # What the parts are, as types: `name` and `verify`, or `description` where users may add to a table.
  types =
    let
      kind = name: description: { inherit name description; };
      format = kind "exec-format" "how executables are laid out";
    in
    {
      openSignificantByte = kind "significant-byte" "which byte of a number comes first";
      significantByte = oneOf (attrValues significantBytes);
      bitWidth = oneOf [
        8
        16
        32
        64
        128
      ];
      openCpuType = kind "cpu-type" "a set of machine instructions" // {
        verify =
          cpu:
          types.bitWidth.verify cpu.bits
          && (
            if cpu.bits > 8 then
              types.significantByte.verify cpu.significantByte
            else
              !(cpu ? significantByte)
          );
      };
      cpuType = oneOf (attrValues cpuTypes);
      openVendor = kind "vendor" "who sells the machine";
      vendor = oneOf (attrValues vendors);
      openExecFormat = format;
      execFormat = oneOf (attrValues execFormats);
      openKernelFamily = format;
      kernelFamily = oneOf (attrValues kernelFamilies);
      openKernel = kind "open-kernel" "an operating system's kernel" // {
        verify =
          kernel:
          types.execFormat.verify kernel.execFormat
          && all types.kernelFamily.verify (attrValues kernel.families);
      };
      kernel = oneOf (attrValues kernels);
      openAbi = kind "abi" "how compiled code is called and calls the system";
      abi = oneOf (attrValues abis);
      parsedPlatform = kind "system" "all parts of a system string" // {
        verify =
          {
            cpu,
            vendor,
            kernel,
            abi,
          }:
          types.cpuType.verify cpu
          && types.vendor.verify vendor
          && types.kernel.verify kernel
          && types.abi.verify abi;
      };
    };
}
