{
  imports = [ ../../../../examples/attic-watch-store/home.nix ];
}
