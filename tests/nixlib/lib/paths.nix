# Paths, files and sources.
{ lib }:
let
  inherit (import ./helpers.nix { inherit lib; }) check throws;
  inherit (lib.path) subpath;
in
[
  (check "append" (toString (lib.path.append /a "b/c")) "/a/b/c")
  (check "append refuses" (map throws [ (lib.path.append /a "../b") (lib.path.append /a "/b") (lib.path.append "/a" "b") ]) [ true true true ])
  (check "hasPrefix" [ (lib.path.hasPrefix /a /a/b) (lib.path.hasPrefix /a /ab) (lib.path.hasPrefix /. /a) ] [ true false true ])
  (check "removePrefix" [ (lib.path.removePrefix /a /a/b/c) (lib.path.removePrefix /a /a) (throws (lib.path.removePrefix /a /b)) ] [ "./b/c" "./." true ])
  (check "splitRoot" (lib.path.splitRoot /a/b) { root = /.; subpath = "./a/b"; })
  (check "subpath.isValid" (map subpath.isValid [ "a" "./a/./b" "" "/a" "a/.." null ]) [ true true false false false false ])
  (check "subpath.normalise" (map subpath.normalise [ "a//b/." "./a" "." ]) [ "./a/b" "./a" "./." ])
  (check "subpath.join" [ (subpath.join [ "a" "./b/" "." ]) (subpath.join [ ]) (throws (subpath.join [ "a" "/b" ])) ] [ "./a/b" "./." true ])
  (check "subpath.components" (subpath.components "./a//b/.") [ "a" "b" ])
  (check "hasStorePathPrefix" (map lib.path.hasStorePathPrefix [ (/. + builtins.storeDir + "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-x/y") (/. + builtins.storeDir) /a ]) [ true false false ])

  (check "listFilesRecursive" (map baseNameOf (lib.filesystem.listFilesRecursive ./modules)) [ "apply.nix" "data.json" "list.nix" ])
  (check "pathType" [ (lib.pathIsDirectory ./modules) (lib.pathIsRegularFile ./paths.nix) (lib.pathIsDirectory ./nothing) ] [ true true false ])
  (check "locateDominatingFile" (baseNameOf (lib.filesystem.locateDominatingFile "paths.nix" ./modules/list.nix).path) "lib")
  (check "fileContents" (lib.fileContents ./modules/data.json) "{ \"x\": [4] }")
  (check "resolveDefaultNix" (baseNameOf (lib.filesystem.resolveDefaultNix ./.)) "default.nix")

  (check "cleanSourceFilter" (map (f: lib.cleanSourceFilter f "regular") [ "/a/.git" "/a/x~" "/a/x.o" "/a/.x.swp" "/a/x.nix" ]) [ false false false false true ])
  (check "cleanSourceFilter of links" [ (lib.cleanSourceFilter "/a/result" "symlink") (lib.cleanSourceFilter "/a/result" "regular") ] [ false true ])
  (check "filters are combined" ((lib.cleanSourceWith {
    src = lib.cleanSource ./.;
    filter = path: _: baseNameOf path != "paths.nix";
  }).filter "/x/paths.nix" "regular") false)
  (check "sourceByRegex" (map (path: (lib.sourceByRegex ./. [ "a.*" ]).filter (toString ./. + path) "regular") [ "/abc" "/b" ]) [ true false ])
  (check "sourceByGlobs" (map (path: (lib.sources.sourceByGlobs ./. [ "a/**" "*.nix" ]).filter (toString ./. + path) "regular") [ "/a/b/c" "/x.nix" "/x/y.nix" ]) [ true true false ])
  (check "names of sources" [ (lib.sources.urlToName "https://example.org/a/repo.git") (lib.sources.shortRev "0123456789abcdef") (lib.repoRevToName "full" "a/repo" "v1.2" null) ] [ "repo" "0123456" "repo-1.2-source" ])
  (check "pathIsGitRepo" (lib.pathIsGitRepo ./.) false)
]
