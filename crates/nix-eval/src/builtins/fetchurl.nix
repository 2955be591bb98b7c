# `<nix/fetchurl.nix>`: a fixed-output derivation that the store's own downloader builds. Its attributes decide the paths of
# everything that is built from sources, so they are those of stock Nix, the ones without effect included.
let
  # The digest to check, and the algorithm where the digest does not say it: the first one that is given.
  chosen =
    hash: sha512: sha1: md5: sha256:
    if hash != "" then
      { digest = hash; algorithm = ""; }
    else if sha512 != "" then
      { digest = sha512; algorithm = "sha512"; }
    else if sha1 != "" then
      { digest = sha1; algorithm = "sha1"; }
    else if md5 != "" then
      { digest = md5; algorithm = "md5"; }
    else
      { digest = sha256; algorithm = "sha256"; };
in

{
  url,
  name ? baseNameOf (toString url),
  hash ? "",
  sha512 ? "",
  sha1 ? "",
  md5 ? "",
  sha256 ? "",
  outputHash ? (chosen hash sha512 sha1 md5 sha256).digest,
  outputHashAlgo ? (chosen hash sha512 sha1 md5 sha256).algorithm,
  executable ? false,
  unpack ? false,
  impure ? false,
  system ? "",
}:

derivation (
  {
    inherit name url executable unpack;
    builder = "builtin:fetchurl";
    system = "builtin";
    urls = [ url ];
    outputHashMode = if executable || unpack then "recursive" else "flat";
    preferLocalBuild = true;
    impureEnvVars = [ "http_proxy" "https_proxy" "ftp_proxy" "all_proxy" "no_proxy" ];
  }
  // (if impure then { __impure = true; } else { inherit outputHash outputHashAlgo; })
)
