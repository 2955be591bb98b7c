# Every module of nixlib, for `evalModules`.
[
  ./accepted.nix
  ./activation.nix
  ./assertions.nix
  ./files
  ./generation.nix
  ./hm.nix
  ./home.nix
  ./nixpkgs.nix
  ./session.nix
  ./sops.nix
  ./systemd
  ./unknown.nix
  ./xdg.nix
]
