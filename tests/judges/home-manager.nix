# The activation package of home.nix, with the home-manager and the nixpkgs of the search path.
(import <home-manager/modules> {
  configuration = ./home.nix;
  pkgs = import <nixpkgs> { };
}).activationPackage
