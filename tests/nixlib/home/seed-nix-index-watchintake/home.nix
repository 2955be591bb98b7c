{
  imports = [ ../../../../examples/nix-index-watchintake/home.nix ];
}
