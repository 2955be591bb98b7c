import ./three.nix + 1
