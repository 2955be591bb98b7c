# Pushes what is built on this machine to a binary cache, as a user service.
#
# The service is the one of https://haseebmajid.dev/posts/2023-10-08-how-to-create-systemd-services-in-nix-home-manager.
# `attic` is a small script beside this file, so that the example runs where attic is not
# installed. With attic installed, remove the line: `pkgs.attic` then finds it.
{ config, pkgs, ... }:

{
  home.stateVersion = "23.11";

  hm.hostPackages.attic.attic = ./bin/attic;

  # Secrets below the runtime directory, where sops-nix put them at the time. systemd expands
  # `%r` in units only, so hm warns that the script below will look for a file of that very name.
  sops.defaultSymlinkPath = "%r/secrets";
  sops.secrets.attic_auth_token = { };

  systemd.user.services.attic-watch-store = {
    Unit = {
      Description = "Push nix store changes to attic binary cache.";
    };
    Install = {
      WantedBy = [ "default.target" ];
    };
    Service = {
      ExecStart = "${pkgs.writeShellScript "watch-store" ''
        #!/run/current-system/sw/bin/bash
        ATTIC_TOKEN=$(cat ${config.sops.secrets.attic_auth_token.path})
        ${pkgs.attic}/bin/attic login prod https://majiy00-nix-binary-cache.fly.dev $ATTIC_TOKEN
        ${pkgs.attic}/bin/attic use prod
        ${pkgs.attic}/bin/attic watch-store prod:prod
      ''}";
    };
  };
}
