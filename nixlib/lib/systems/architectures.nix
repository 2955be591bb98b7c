# CPU models as GCC's `-march` names them: their features, and which run the code of which.
{ lib }:
let
  inherit (builtins)
    elem
    filter
    mapAttrs
    ;
  inherit (lib) unique;

  words = text: filter (word: word != "") (lib.splitString " " text);

  sse = "sse3 ssse3 sse4_1 sse4_2";
  avx2 = "${sse} avx avx2 fma";
  avx512 = "${sse} avx avx2 avx512 fma";
  aes = "${sse} aes avx avx2 fma";
  aesAvx512 = "${sse} aes avx avx2 avx512 fma";
  bulldozer = "${sse} sse4a aes avx fma fma4";
  zen = "${sse} sse4a aes avx avx2 fma";
  zen512 = "${sse} sse4a aes avx avx2 avx512 fma";
  loongson = "div32 frecipe lam-bh lamcas ld-seq-sa";

  # The models right below each; what is below those is too.
  direct = mapAttrs (_: words) {
    default = "";
    x86-64 = "";
    x86-64-v2 = "x86-64";
    x86-64-v3 = "x86-64-v2";
    x86-64-v4 = "x86-64-v3";

    nehalem = "x86-64-v2";
    westmere = "nehalem";
    sandybridge = "westmere";
    ivybridge = "sandybridge";
    haswell = "ivybridge x86-64-v3";
    broadwell = "haswell";
    skylake = "broadwell";
    skylake-avx512 = "skylake x86-64-v4";
    cannonlake = "skylake-avx512";
    icelake-client = "cannonlake";
    icelake-server = "icelake-client";
    cascadelake = "cannonlake";
    cooperlake = "cascadelake";
    tigerlake = "icelake-server";
    sapphirerapids = "tigerlake";
    emeraldrapids = "sapphirerapids";
    rocketlake = "x86-64-v4";
    alderlake = "skylake";
    sierraforest = "alderlake";

    btver1 = "x86-64";
    btver2 = "x86-64-v2";
    bdver1 = "x86-64-v2";
    bdver2 = "x86-64-v2";
    bdver3 = "x86-64-v2";
    bdver4 = "x86-64-v3";
    znver1 = "skylake";
    znver2 = "znver1";
    znver3 = "znver2";
    znver4 = "znver3 x86-64-v4";
    znver5 = "znver4";

    armv8-a = "";
    "armv8.1-a" = "armv8-a";
    "armv8.2-a" = "armv8.1-a";
    "armv8.3-a" = "armv8.2-a";
    "armv8.4-a" = "armv8.3-a";
    "armv8.5-a" = "armv8.4-a";
    "armv8.6-a" = "armv8.5-a";
    "armv8.7-a" = "armv8.6-a";
    "armv8.8-a" = "armv8.7-a";
    "armv8.9-a" = "armv8.8-a";
    armv9-a = "armv8.5-a";
    "armv9.1-a" = "armv9-a armv8.6-a";
    "armv9.2-a" = "armv9.1-a armv8.7-a";
    "armv9.3-a" = "armv9.2-a armv8.8-a";
    "armv9.4-a" = "armv9.3-a";
    cortex-a53 = "armv8-a";
    cortex-a72 = "armv8-a";
    cortex-a55 = "armv8.2-a cortex-a53 cortex-a72";
    cortex-a76 = "armv8.2-a cortex-a53 cortex-a72";
    ampere1 = "armv8.6-a cortex-a55 cortex-a76";
    ampere1a = "ampere1";
    ampere1b = "ampere1a";

    loongarch64 = "";
    "la64v1.0" = "loongarch64";
    la464 = "la64v1.0";
    "la64v1.1" = "la64v1.0";
    la664 = "la464 la64v1.1";

    armv5te = "";
    armv6 = "";
    armv7-a = "";
    mips32 = "";
    loongson2f = "";
  };
in
rec {
  # The features of each model, as /proc/cpuinfo names them.
  features = mapAttrs (_: words) {
    default = "";
    x86-64 = "";
    x86-64-v2 = sse;
    x86-64-v3 = avx2;
    x86-64-v4 = avx512;

    nehalem = sse;
    westmere = sse;
    silvermont = sse;
    sandybridge = "${sse} avx";
    ivybridge = "${sse} avx";
    haswell = avx2;
    broadwell = avx2;
    skylake = aes;
    skylake-avx512 = aesAvx512;
    cannonlake = aesAvx512;
    icelake-client = aesAvx512;
    icelake-server = aesAvx512;
    rocketlake = aesAvx512;
    cascadelake = aesAvx512;
    cooperlake = aesAvx512;
    tigerlake = aesAvx512;
    alderlake = aes;
    sapphirerapids = aesAvx512;
    emeraldrapids = aesAvx512;
    sierraforest = aes;

    btver1 = sse;
    btver2 = "${sse} aes avx";
    bdver1 = bulldozer;
    bdver2 = bulldozer;
    bdver3 = bulldozer;
    bdver4 = "${sse} sse4a aes avx avx2 fma fma4";
    znver1 = zen;
    znver2 = zen;
    znver3 = zen;
    znver4 = zen512;
    znver5 = zen512;

    loongarch64 = "fpu64";
    la464 = "fpu64 lsx lasx";
    la664 = "fpu64 lsx lasx ${loongson}";
    "la64v1.0" = "fpu64 lsx";
    "la64v1.1" = "fpu64 lsx ${loongson}";

    armv5te = "";
    armv6 = "";
    armv7-a = "";
    armv8-a = "";
    mips32 = "";
    loongson2f = "";
  };

  # All models whose code each of them runs, itself left out.
  inferiors = mapAttrs (_: below: unique (below ++ builtins.concatMap (name: inferiors.${name}) below)) direct;

  hasInferior = above: below: inferiors ? ${above} && elem below inferiors.${above};
  canExecute = runner: code: runner == code || hasInferior runner code;

  # Questions about models, unknown ones having no features.
  predicates =
    mapAttrs (_: feature: model: elem feature features.${model} or [ ])
      {
        sse3Support = "sse3";
        ssse3Support = "ssse3";
        sse4_1Support = "sse4_1";
        sse4_2Support = "sse4_2";
        sse4_aSupport = "sse4a";
        avxSupport = "avx";
        avx2Support = "avx2";
        avx512Support = "avx512";
        aesSupport = "aes";
        fmaSupport = "fma";
        fma4Support = "fma4";
        lsxSupport = "lsx";
        lasxSupport = "lasx";
      };
}
