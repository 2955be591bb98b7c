{ outputs = import ./x.nix; }
