# A NixOS system with a desktop, a web server and a database.
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
}
