# A repository with a module of options of its own, a folder of modules, and a file for the machine.
{ lib, ... }:
{
  imports = [
    ./modules
    ./hosts/laptop.nix
  ];

  home.stateVersion = "24.05";

  my.backups = {
    enable = true;
    repositories = {
      documents = {
        paths = [ "Documents" "Pictures" ];
        schedule = "*-*-* 02:30:00";
      };
      mail = {
        paths = [ "Mail" ];
        keep.daily = 30;
      };
      music = {
        enable = false;
        paths = [ "Music" ];
      };
    };
  };

  my.notifier.enable = lib.mkDefault true;
}
