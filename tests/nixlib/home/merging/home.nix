# One service defined in several files, with every way to say which definition counts.
{ config, lib, ... }:
let
  isLaptop = true;
in
{
  imports = [
    ./parts/base.nix
    ./parts/overrides.nix
    (import ./parts/parameters.nix { port = 8384; })
  ];

  home.stateVersion = "24.05";

  systemd.user.services = lib.mkMerge [
    {
      sync.Unit.Documentation = "man:sync(1)";
    }
    (lib.mkIf isLaptop {
      sync.Service.CPUWeight = 20;
      sync.Service.IOSchedulingClass = lib.mkDefault "idle";
    })
    (lib.mkIf (!isLaptop) {
      sync.Service.CPUWeight = 100;
      server.Service.ExecStart = "/bin/false";
    })
  ];

  # A value that another definition makes from the merged configuration.
  home.file."sync-environment".text =
    lib.concatMapStrings (line: "${line}\n") config.systemd.user.services.sync.Service.Environment;
}
