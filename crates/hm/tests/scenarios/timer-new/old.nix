with import ../prelude.nix;
{

}
