# Mostly files: linked, generated, executable, whole directories, one that stays editable.
{ config, lib, pkgs, ... }:
{
  home.stateVersion = "24.05";

  home.file = {
    ".bashrc".text = ''
      [[ $- != *i* ]] && return
      alias ll='ls -l'
    '';
    ".gitconfig".source = ./config/gitconfig;
    "bin/greet" = {
      source = ./scripts/greet;
      executable = true;
    };
    "bin/hello" = {
      text = "#!/bin/sh\necho hello\n";
      executable = true;
    };
    "renamed-by-target" = {
      target = ".local/share/notes/first note.txt";
      text = "A name with a blank.\n";
    };
    ".never".enable = false;
    ".never".text = "not there";
    # Several modules add lines to one file.
    ".profile".text = lib.mkMerge [
      (lib.mkAfter "# the end")
      "export A=1"
      (lib.mkBefore "# the beginning")
    ];
    "${config.home.homeDirectory}/absolute".text = "absolute names work too\n";
    "./a//b/../c".text = "normalised\n";
    "nvim-config".source = ./config/nvim;
    "nvim-config".target = ".config/nvim-whole";
  };

  xdg.configFile = {
    nvim = {
      source = ./config/nvim;
      recursive = true;
    };
    # Beside the files of a directory that is linked file by file.
    "nvim/lua/generated.lua".text = "return {}\n";
    "mako/config" = {
      text = "anchor=top-right\n";
      onChange = "makoctl reload || true";
    };
    "app/settings.json".source = (pkgs.formats.json { }).generate "settings.json" {
      theme = "dark";
      recent = [ ];
      window = { width = 800; height = 600.5; title = "a \"quoted\" title"; };
    };
    "live".source = config.lib.file.mkOutOfStoreSymlink "${config.home.homeDirectory}/dotfiles/live";
    "forced".text = "forced\n";
    "forced".force = true;
  };

  xdg.dataFile."applications/greet.desktop".text = lib.generators.toINI { } {
    "Desktop Entry" = { Type = "Application"; Name = "Greet"; Exec = "greet %U"; Terminal = false; };
  };
  xdg.stateFile."app/history".text = "";
  xdg.cacheFile."app/index".text = "empty\n";
}
