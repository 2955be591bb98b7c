# nixpkgs as the package set of a configuration that was written for host packages too.
{ lib, primops }:

let
  object = import ./object.nix { inherit lib primops; };
in
rec {
  # The packages that `hm.hostPackages` declares, alone.
  declaredPackages =
    hm:
    (import ./host {
      inherit lib primops object;
      searchPath = hm.hostSearchPath;
    }).declare
      hm.hostPackages;

  # nixpkgs with the declared packages in it, and with functions that inspect scripts as those of host packages do.
  adopt =
    {
      pkgs,
      # config.hm
      hm,
      # Called with the name and text of every script; returns the text, and may warn.
      inspectScript,
    }:
    let
      # nixpkgs dropped it, and many configurations still call it.
      substituteAll = lib.optionalAttrs (lib.versionAtLeast (pkgs.lib.trivial.release or "0") "25.11") {
        inherit (import ./substitute.nix { inherit lib object inspectScript; }) substituteAll;
      };
      scripts =
        lib.genAttrs
          [
            "writeScript"
            "writeScriptBin"
            "writeShellScript"
            "writeShellScriptBin"
          ]
          (
            function: name: text:
            pkgs.${function} name (inspectScript name text)
          );
    in
    pkgs
    // substituteAll
    // scripts
    // {
      writeShellApplication =
        arguments:
        pkgs.writeShellApplication (arguments // { text = inspectScript arguments.name arguments.text; });
    }
    // declaredPackages hm;
}
