{
  imports = [
    ./backups.nix
    ./notifier.nix
    ./programs.nix
  ];
}
