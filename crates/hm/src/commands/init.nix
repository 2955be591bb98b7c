# The configuration of this home. `hm switch` puts it into effect, `hm rollback` takes that back.
#
# It is a function from a few arguments to a set of options. The indented comments are examples:
# remove their `#` and run `hm switch`.
{ config, lib, pkgs, ... }:

{
  # Behaviour that a later release introduces stays off with this. Leave it as it is.
  home.stateVersion = "24.05";

  # The user's name and home directory are those of whoever runs `hm switch`; these fix them.
  #   home.username = "alice";
  #   home.homeDirectory = "/home/alice";

  # Programs to have in ~/.local/state/nix/profiles/hm/home-path/bin. Without nixpkgs, `pkgs` are
  # the programs of this machine.
  #   home.packages = [ pkgs.coreutils ];

  # A file in the home directory, and one in ~/.config.
  #   home.file.".inputrc".text = ''
  #     set completion-ignore-case on
  #   '';
  #   xdg.configFile."example/settings.ini".text = "[example]\ncolour = blue\n";

  # A service that runs once, and a timer that starts it every morning. `systemctl --user start
  # greet.service` runs it now, `journalctl --user -u greet.service` shows what it said.
  #   systemd.user.services.greet = {
  #     Unit.Description = "Greet the day";
  #     Service = {
  #       Type = "oneshot";
  #       ExecStart = "${pkgs.writeShellScript "greet" ''
  #         echo "Good morning, it is $(date +%A)."
  #       ''}";
  #     };
  #   };
  #   systemd.user.timers.greet = {
  #     Unit.Description = "Greet the day, every morning";
  #     Timer = {
  #       OnCalendar = "*-*-* 08:00:00";
  #       Persistent = true;
  #     };
  #     Install.WantedBy = [ "timers.target" ];
  #   };
}
