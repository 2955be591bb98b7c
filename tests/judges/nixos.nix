# The system of system.nix with the home of home.nix as part of it, from the nixpkgs and the home-manager of the search path.
(import <nixpkgs/nixos/lib/eval-config.nix> {
  system = "x86_64-linux";
  modules = [
    <home-manager/nixos>
    ./system.nix
    { home-manager.users.alice = ./home.nix; }
  ];
}).config.system.build.toplevel
