# Version strings and their parts.
{ lib }:
let
  inherit (builtins) concatStringsSep elemAt genList head splitVersion;
in
rec {
  inherit (builtins) compareVersions splitVersion;

  # The first number.
  major = version: elemAt (splitVersion version) 0;

  # The second number.
  minor = version: elemAt (splitVersion version) 1;

  # The third number.
  patch = version: elemAt (splitVersion version) 2;

  # The first two numbers.
  majorMinor = version: concatStringsSep "." (lib.take 2 (splitVersion version));

  # A version with exactly `count` numbers, cut or filled with zeros; what follows the first dash stays.
  pad =
    count: version:
    let
      numbers = head (lib.splitString "-" version);
      parts = lib.take count (splitVersion numbers ++ genList (_: "0") count);
    in
    concatStringsSep "." parts + lib.removePrefix numbers version;
}
