{ pkgs, ... }:

{
   systemd.user.services.nix-index = {
     Unit = {
       Description = "Run nix-index.";
     };
     Service = {
       Type = "oneshot";
       ExecStart = "${pkgs.nix-index}/bin/nix-index";
     };
     Install = {
       WantedBy = [ "default.target" ];
     };
   };

   # systemctl --user status nix-index.timer
   systemd.user.timers.nix-index = {
     Unit = {
       Description = "Timer for nix-index.";
     };
     Timer = {
       Unit = "nix-index.service";
       OnCalendar = "*-*-* 04:00:00";
     };
     Install = {
       WantedBy = [ "timers.target" ];
     };
   };
}
