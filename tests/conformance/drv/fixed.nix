# Fixed-output derivations.
let
  base = import ./lib/base.nix;
  hash = algo: builtins.hashString algo "contents";
  fixed = algo: extra: base ({ name = "fixed"; outputHashAlgo = algo; outputHash = hash algo; } // extra);
  recursive = { outputHashMode = "recursive"; };
in
{
  md5 = fixed "md5" { };
  sha1 = fixed "sha1" { };
  sha256 = fixed "sha256" { };
  sha512 = fixed "sha512" { };
  flatSha256 = fixed "sha256" { outputHashMode = "flat"; };
  recursiveMd5 = fixed "md5" recursive;
  recursiveSha1 = fixed "sha1" recursive;
  recursiveSha256 = fixed "sha256" recursive;
  recursiveSha512 = fixed "sha512" recursive;
  base32 = base { outputHashAlgo = "sha256"; outputHash = "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s"; };
  base64 = base { outputHashAlgo = "sha256"; outputHash = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; };
  sri = base { outputHash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; };
  sriWithAlgorithm = base { outputHashAlgo = "sha256"; outputHash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; };
  sriEmptyAlgorithm = base { outputHashAlgo = ""; outputHash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; };
  sriNullAlgorithm = base { outputHashAlgo = null; outputHash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; };
  prefixed = base { outputHash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; };
  emptyHash = base { outputHashAlgo = "sha256"; outputHash = ""; };
  wrongLength = base { outputHashAlgo = "sha256"; outputHash = "abc"; };
  wrongAlgorithm = base { outputHashAlgo = "sha256"; outputHash = hash "md5"; };
  unknownAlgorithm = base { outputHashAlgo = "sha999"; outputHash = hash "md5"; };
  moreOutputs = fixed "sha256" { outputs = [ "out" "dev" ]; };
  otherOutput = fixed "sha256" { outputs = [ "dev" ]; };
  sameHashOtherBuilder = fixed "sha256" { builder = "/bin/other"; };
  user = base { src = fixed "sha256" { }; };
  userOfOtherBuilder = base { src = fixed "sha256" { builder = "/bin/other"; }; };
  userOfUser = base { dep = base { name = "between"; src = fixed "sha256" recursive; }; };
}
