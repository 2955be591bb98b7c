# A NixOS system with the home of home.nix as part of it, from the nixpkgs and the home-manager of the search path.
(import <nixpkgs/nixos/lib/eval-config.nix> {
  system = "x86_64-linux";
  modules = [
    <home-manager/nixos>
    (
      { pkgs, ... }:
      {
        boot.loader.grub.devices = [ "/dev/vda" ];
        fileSystems."/" = {
          device = "/dev/vda1";
          fsType = "ext4";
        };
        networking.hostName = "judge";
        system.stateVersion = "25.11";
        services = {
          nginx = {
            enable = true;
            virtualHosts."example.org".root = "/srv/www";
          };
          openssh.enable = true;
          postgresql.enable = true;
          xserver = {
            enable = true;
            desktopManager.xfce.enable = true;
          };
        };
        programs.firefox.enable = true;
        users.users.alice = {
          isNormalUser = true;
          extraGroups = [ "wheel" ];
        };
        environment.systemPackages = [ pkgs.ripgrep ];
        home-manager.users.alice = ./home.nix;
      }
    )
  ];
}).config.system.build.toplevel
