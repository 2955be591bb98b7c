# A program that runs every night, and one that runs all the time.
#
# The units are those of the NixOS video series, part 78, "NixOS Systemd User Services". Their
# programs are small scripts in stand-ins/, so that the example runs where nix-index,
# inotify-tools and Python 3.11 are not installed. With those installed, remove `hm.hostPackages`.
{
  imports = [
    ./users/chrism/nix-index.nix
    ./users/chrism/watchintake.nix
  ];

  home.stateVersion = "23.11";

  hm.hostPackages = {
    nix-index.nix-index = ./stand-ins/nix-index;
    inotify-tools.inotifywait = ./stand-ins/inotifywait;
    python311.python = ./stand-ins/python;
  };
}
