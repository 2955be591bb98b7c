# A home as people have it: the units of the project's two first documents, and forty programs.
{ config, lib, pkgs, ... }:
{
  imports = [
    ../../examples/nix-index-watchintake/users/chrism/nix-index.nix
    ../../examples/nix-index-watchintake/users/chrism/watchintake.nix
  ];

  # sops-nix is a flake of its own; the first document only asks it for the path of a secret.
  options.sops.secrets = lib.mkOption {
    type = lib.types.attrsOf (lib.types.attrsOf lib.types.str);
    default.attic_auth_token.path = "%r/secrets/attic_auth_token";
  };

  config = {
    home.username = "alice";
    home.homeDirectory = "/home/alice";
    home.stateVersion = "25.11";

    nixpkgs.overlays = [ (import ../../nixlib/overlay.nix) ];

    systemd.user.services.attic-watch-store = {
      Unit.Description = "Push nix store changes to attic binary cache.";
      Install.WantedBy = [ "default.target" ];
      Service.ExecStart = "${pkgs.writeShellScript "watch-store" ''
        #!/run/current-system/sw/bin/bash
        ATTIC_TOKEN=$(cat ${config.sops.secrets.attic_auth_token.path})
        ${pkgs.attic}/bin/attic login prod https://majiy00-nix-binary-cache.fly.dev $ATTIC_TOKEN
        ${pkgs.attic}/bin/attic use prod
        ${pkgs.attic}/bin/attic watch-store prod:prod
      ''}";
    };

    programs = {
      alacritty.enable = true;
      atuin.enable = true;
      bash.enable = true;
      bat.enable = true;
      bottom.enable = true;
      broot.enable = true;
      btop.enable = true;
      chromium.enable = true;
      direnv = {
        enable = true;
        nix-direnv.enable = true;
      };
      emacs.enable = true;
      eza.enable = true;
      fd.enable = true;
      firefox.enable = true;
      fish.enable = true;
      fzf.enable = true;
      gh.enable = true;
      git = {
        enable = true;
        settings.user = {
          name = "Alice";
          email = "alice@example.org";
        };
      };
      gpg.enable = true;
      helix.enable = true;
      htop.enable = true;
      jq.enable = true;
      jujutsu.enable = true;
      kitty.enable = true;
      lazygit.enable = true;
      less.enable = true;
      man.enable = true;
      mpv.enable = true;
      neovim = {
        enable = true;
        plugins = with pkgs.vimPlugins; [
          nvim-treesitter
          telescope-nvim
        ];
      };
      newsboat.enable = true;
      nix-index.enable = true;
      nushell.enable = true;
      pandoc.enable = true;
      password-store.enable = true;
      ripgrep.enable = true;
      ssh = {
        enable = true;
        enableDefaultConfig = false;
      };
      starship.enable = true;
      tmux.enable = true;
      vscode = {
        enable = true;
        package = pkgs.vscodium;
      };
      yazi.enable = true;
      zathura.enable = true;
      zoxide.enable = true;
      zsh.enable = true;
    };

    services = {
      gpg-agent.enable = true;
      syncthing.enable = true;
      dunst.enable = true;
    };
    gtk.enable = true;
    xdg.enable = true;
  };
}
