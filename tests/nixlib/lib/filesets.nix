# File sets and network addresses.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  inherit (lib) fileset;
  names = set: map baseNameOf (fileset.toList set);
  isNix = fileset.fileFilter (file: file.hasExt "nix") ./modules;
in
[
  (check "a directory" (names ./modules) [ "apply.nix" "data.json" "list.nix" ])
  (check "a file" (names ./modules/list.nix) [ "list.nix" ])
  (check "fileFilter" (names isNix) [ "apply.nix" "list.nix" ])
  (check "union" (names (fileset.union ./modules/data.json ./default.nix)) [ "default.nix" "data.json" ])
  (check "unions of nothing" (names (fileset.unions [ ])) [ ])
  (check "intersection" (names (fileset.intersection ./. ./modules/list.nix)) [ "list.nix" ])
  (check "nothing in common" (names (fileset.intersection ./default.nix ./modules)) [ ])
  (check "difference" (names (fileset.difference ./modules isNix)) [ "data.json" ])
  (check "maybeMissing" (names (fileset.maybeMissing ./nothing)) [ ])
  (check "fromSource" (names (fileset.fromSource (lib.sourceFilesBySuffices ./modules [ ".json" ]))) [ "data.json" ])
  (check "toSource" (
    let
      source = fileset.toSource { root = ./.; fileset = isNix; };
    in
    map (path: source.filter (toString ./. + path) "regular") [ "/modules/list.nix" "/modules/data.json" "/default.nix" ]
  ) [ true false false ])
  (check "toSource needs a root above" (throws (fileset.toSource { root = ./modules; fileset = ./default.nix; })) true)
  (check "what is no file set" (map fileset.isFileset [ "x" 1 { } ./nothing ./modules ]) [ false false false false true ])
  (check "a fileset option" (names (
    (import ./helpers.nix { inherit lib; }).merge lib.types.fileset [ ./modules/list.nix isNix ]
  )) [ "apply.nix" "list.nix" ])

  (check "addresses" (map (a: (lib.network.ipv6.fromString a).address) [ "::" "2001:DB8::32" "1:2:3:4:5:6:7:8" ]) [
    "0:0:0:0:0:0:0:0"
    "2001:db8:0:0:0:0:0:32"
    "1:2:3:4:5:6:7:8"
  ])
  (check "prefix length" (lib.network.ipv6.fromString "fe80::/64").prefixLength 64)
  (check "wrong addresses" (map (a: throws (lib.network.ipv6.fromString a).address) [ "1:2" "1::2::3" "x::" "1:2:3:4:5:6:7:8:9" "::/129" ]) [ true true true true false ])
  (check "mkEUI64Suffix" (lib.network.ipv6.mkEUI64Suffix "66:75:63:6B:20:75") "6475:63ff:fe6b:2075")
]
