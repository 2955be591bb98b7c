# The smallest real home: the units of two documents, with the home-manager and the nixpkgs of the search path.
(import <home-manager/modules> {
  configuration = {
    imports = [
      ../../examples/nix-index-watchintake/users/chrism/nix-index.nix
      ../../examples/nix-index-watchintake/users/chrism/watchintake.nix
    ];
    home.username = "alice";
    home.homeDirectory = "/home/alice";
    home.stateVersion = "25.11";
    nixpkgs.overlays = [ (import ../../nixlib/overlay.nix) ];
  };
  pkgs = import <nixpkgs> { };
}).activationPackage
