# What compilers are told about machines, by name, and which of it is the default for a platform.
{ lib }:
let
  gcc = builtins.mapAttrs (_: gcc: { inherit gcc; });
  mips = arch: abi: { inherit arch abi; };

  machines = gcc {
    armv5tel-multiplatform.arch = "armv5te";
    raspberrypi = {
      arch = "armv6kz";
      fpu = "vfpv2";
    };
    bluefield2.arch = "armv8-a+fp+simd+crc+crypto";
    zero-gravitas = {
      fpu = "neon";
      cpu = "cortex-a9";
    };
    zero-sugar = {
      fpu = "neon-vfpv4";
      cpu = "cortex-a7";
      float-abi = "hard";
    };
    armv7a-android = {
      arch = "armv7-a";
      float-abi = "softfp";
      fpu = "vfpv3-d16";
    };
    # Without NEON, which not all of these chips have.
    armv7l-hf-multiplatform = {
      arch = "armv7-a";
      fpu = "vfpv3-d16";
    };
    aarch64-multiplatform.arch = "armv8-a";
    apple-m1 = {
      arch = "armv8.3-a+crypto+sha2+aes+crc+fp16+lse+simd+ras+rdm+rcpc";
      cpu = "apple-a13";
    };

    ben_nanonote = {
      arch = "mips32";
      float = "soft";
    };
    fuloong2f_n32 = mips "loongson2f" "n32" // {
      float = "hard";
    };
    gcc_mips32r2_o32 = mips "mips32r2" "32";
    gcc_mips32r6_o32 = mips "mips32r6" "32";
    gcc_mips64r2_n32 = mips "mips64r2" "n32";
    gcc_mips64r6_n32 = mips "mips64r6" "n32";
    gcc_mips64r2_64 = mips "mips64r2" "64";
    gcc_mips64r6_64 = mips "mips64r6" "64";

    loongarch64-multiplatform = {
      arch = "la64v1.0";
      strict-align = false;
      # The text of large programs does not fit the default model.
      cmodel = "medium";
    };
  };
in
machines
// {
  # The former name.
  raspberrypi2 = machines.armv7l-hf-multiplatform;

  # The default for a platform, perhaps nothing.
  select =
    platform:
    let
      version = platform.parsed.cpu.version or null;
    in
    if platform.isAarch32 then
      if version == null then
        { }
      else if lib.versionOlder version "6" then
        machines.armv5tel-multiplatform
      else if lib.versionOlder version "7" then
        machines.raspberrypi
      else
        machines.armv7l-hf-multiplatform
    else if platform.isAarch64 then
      if platform.isDarwin then machines.apple-m1 else machines.aarch64-multiplatform
    else if platform.isLoongArch64 then
      machines.loongarch64-multiplatform
    else if platform.parsed.cpu == lib.systems.parse.cpuTypes.mipsel then
      lib.systems.examples.mipsel-linux-gnu
    else
      { };
}
