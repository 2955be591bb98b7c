# Both examples in one configuration.
{
  imports = [
    ../attic-watch-store/home.nix
    ../nix-index-watchintake/home.nix
  ];
}
