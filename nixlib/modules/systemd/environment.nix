# The session's variables for the user manager, and so for services and for what a desktop starts: a file that
# environment.d(5) tells of. Its values are the ones that shells get, as far as they can be written there.
{
  config,
  lib,
  ...
}:

let
  cfg = config.hm;
  inherit (cfg) session;

  configHome = lib.removePrefix (config.home.homeDirectory + "/") config.xdg.configHome;
  # Before 10-home-manager.conf, which can refer to what this one sets and has the last word.
  path = "${configHome}/environment.d/10-hm.conf";

  text = import ./environment-text.nix { inherit lib session; };
in
{
  config.hm.homeEntries =
    lib.mkIf (config.systemd.user.enable && session.isNeeded && text != "" && cfg.isFree path)
      [
        {
          parts = lib.splitString "/" path;
          label = "the session's variables for the user manager";
          tree = {
            type = "regular";
            contents = text;
            executable = false;
          };
        }
      ];
}
