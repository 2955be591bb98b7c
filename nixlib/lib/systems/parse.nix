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
    match
    removeAttrs
    ;
  inherit (lib) hasPrefix versionAtLeast;
  parts = import ./parts.nix { inherit lib; };
  inherit (parts)
    abis
    cpuTypes
    execFormats
    kernels
    types
    vendors
    ;
in
parts
// rec {
  # Whether a value is a parsed system.
  isSystem = x: x._type or null == "system";

  # A parsed system of parts, all of which have to be in the tables above.
  mkSystem =
    parts:
    assert types.parsedPlatform.verify parts;
    parts // { _type = "system"; };

  # The same system with the C library musl.
  mkMuslSystem =
    system:
    let
      suffix = match "(gnu|musl)(eabi|eabihf|abin32|abi64)" system.abi.name;
    in
    mkSystem (
      removeAttrs system [ "_type" ]
      // {
        abi = if suffix == null then abis.musl else abis."musl${elemAt suffix 1}";
      }
    );

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
          "cygwin"
        ]
        || any (kernel: hasPrefix kernel third) [
          "freebsd"
          "netbsd"
          "openbsd"
          "genode"
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

  # The parts themselves from such names; what is missing is what the others imply.
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
    {
      inherit cpu kernel;
      vendor = if names ? vendor then find "vendor" vendors names.vendor else impliedVendor;
      abi = if names ? abi then find "ABI" abis names.abi else impliedAbi;
    };

  # A parsed system from a system string, whether of two, three or four parts.
  mkSystemFromString =
    text: mkSystem (mkSystemFromSkeleton (mkSkeletonFromList (lib.splitString "-" text)));

  # How a kernel and a CPU are written in system strings.
  kernelName = kernel: kernel.name + toString (kernel.version or "");
  darwinArch = cpu: if cpu.name == "aarch64" then "arm64" else cpu.name;

  # As Nix writes it: "x86_64-linux".
  doubleFromSystem =
    { cpu, kernel, ... }:
    "${cpu.name}-${if kernel.families ? darwin then "darwin" else kernelName kernel}";

  # The executable format that GNU's tools take for granted on NetBSD.
  gnuNetBSDDefaultExecFormat =
    cpu:
    if
      cpu.bits == 32
      && elem cpu.family [
        "arm"
        "sparc"
        "m68k"
        "x86"
      ]
    then
      execFormats.aout
    else
      execFormats.elf;

  # As compilers write it: "x86_64-unknown-linux-gnu".
  tripleFromSystem =
    system@{
      cpu,
      vendor,
      kernel,
      abi,
      ...
    }:
    let
      cpuName = if kernel.families ? darwin then darwinArch cpu else cpu.name;
      format = lib.optionalString (
        kernel.name == "netbsd" && gnuNetBSDDefaultExecFormat cpu != kernel.execFormat
      ) kernel.execFormat.name;
    in
    assert isSystem system;
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
    || any (
      name: code == cpuTypes.${name} && any (next: isCompatible runner cpuTypes.${next}) successors.${name}
    ) (builtins.attrNames successors);
}
