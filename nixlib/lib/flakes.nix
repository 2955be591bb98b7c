# Flake references as text and as sets.
{ lib }:
{
  inherit (builtins) flakeRefToString parseFlakeRef;
}
