{
  description = "A home manager in one binary";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forEachSystem = function: nixpkgs.lib.genAttrs systems (system: function nixpkgs.legacyPackages.${system});
    in
    {
      packages = forEachSystem (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "hm";
          version = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).workspace.package.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [
            "--bin"
            "hm"
          ];
          # The tests want a systemd user manager and stock Nix, which a build sandbox has not.
          doCheck = false;
          meta = {
            description = "A home manager in one binary";
            license = pkgs.lib.licenses.mit;
            mainProgram = "hm";
            platforms = systems;
          };
        };
      });

      # Names that configurations still use and that nixpkgs has no more.
      overlays.default = import ./nixlib/overlay.nix;

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = with pkgs; [
            cargo
            cargo-deny
            cargo-nextest
            clippy
            hyperfine
            nix
            rustc
            rustfmt
          ];
        };
      });

      formatter = forEachSystem (pkgs: pkgs.nixfmt-rfc-style);
    };
}
