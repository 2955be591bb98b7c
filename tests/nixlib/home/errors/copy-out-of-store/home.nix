# A copy of what is not in the store would be of whatever stands there on the day of a switch.
{ config, ... }:
{
  home.file."notes".source = config.lib.file.mkOutOfStoreSymlink "/srv/notes";
  home.file."notes".mode = "copy";
}
