# Options of home-manager that mean nothing to hm, or say what is so anyway: accepted, so that
# a configuration that sets them needs no change.
{ lib, ... }:

let
  inherit (lib) mkOption types;
  ignored =
    type: default: description:
    mkOption { inherit type default description; };
  flag = ignored types.bool;
in
{
  options = {
    programs.home-manager = {
      enable = flag false "Whether home-manager manages itself; hm is installed on its own.";
      path = ignored (types.nullOr types.str) null "Where home-manager is.";
    };

    targets.genericLinux.enable = flag false "Whether the system is not NixOS; hm finds out what it needs to know.";

    manual = {
      html.enable = flag false "Whether the manual is installed as HTML.";
      json.enable = flag false "Whether the options are installed as JSON.";
      manpages.enable = flag true "Whether the manual page is installed.";
    };

    news = {
      display = ignored (types.enum [
        "silent"
        "notify"
        "show"
      ]) "silent" "How news of home-manager are shown; there are none.";
      entries = ignored (types.listOf types.raw) [ ] "News of modules.";
    };
  };
}
