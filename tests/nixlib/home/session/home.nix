# Variables, paths, generated settings and scripts on PATH.
{ config, lib, pkgs, ... }:
let
  status = pkgs.writeShellApplication {
    name = "status";
    runtimeInputs = [ greet ];
    runtimeEnv.GREETING = "it's me";
    text = ''
      greet "$GREETING"
    '';
  };
  greet = pkgs.writeShellScriptBin "greet" ''
    echo "$1"
  '';
  ini = pkgs.formats.ini { };
  keyValue = pkgs.formats.keyValue { };
  toml = pkgs.formats.toml { };
in
{
  home.stateVersion = "24.05";

  xdg.enable = true;
  home.packages = [ status greet (lib.lowPrio (pkgs.writeTextDir "share/doc/greet/README" "Greets.\n")) ];
  home.sessionVariables = {
    EDITOR = "vim";
    PAGER = lib.mkDefault "less";
    LEVEL = 3;
    FAST = true;
    UNSET = null;
    NOTES = "${config.xdg.dataHome}/notes";
  };
  home.sessionPath = [ "$HOME/bin" "${config.xdg.dataHome}/npm/bin" ];
  home.sessionSearchVariables.MANPATH = [ "$HOME/man" ];
  home.sessionVariablesExtra = "umask 077";
  home.language = { base = "en_GB.UTF-8"; time = "de_DE.UTF-8"; };

  systemd.user.sessionVariables = {
    EDITOR = config.home.sessionVariables.EDITOR;
    PATH = "%h/bin:$PATH";
    WORKERS = 4;
  };
  systemd.user.settings.Manager = {
    DefaultTimeoutStopSec = "10s";
    DefaultEnvironment = { A = "1"; B = "two words"; };
  };

  xdg.configFile."a/settings.ini".source = ini.generate "settings.ini" {
    General = { name = "x"; enabled = true; size = 3; };
    Empty = { };
  };
  xdg.configFile."a/plain.conf".source = keyValue.generate "plain.conf" { colour = "red"; width = 2; dark = false; };
  xdg.configFile."a/settings.toml".source = toml.generate "settings.toml" {
    title = "T";
    list = [ 1 2 ];
    window = { width = 3; "odd key" = "v"; inner.deep = true; };
    plugins = [ { name = "one"; } { name = "two"; options.x = 1; } ];
  };
  xdg.configFile."a/replaced".source = pkgs.replaceVars ./template { who = "world"; kept = null; };
}
