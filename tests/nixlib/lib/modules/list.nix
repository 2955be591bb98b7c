# A module that declares and defines a list.
{ lib, ... }:
{
  options.x = lib.mkOption { type = lib.types.listOf lib.types.int; };
  config.x = [ 0 ];
}
