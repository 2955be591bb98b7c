{ config, pkgs, ... }:

let
  homedir = config.home.homeDirectory;
in
   let
     watchintake = pkgs.substituteAll ({
       name = "watchintake";
       src = ../../bin/watchintake.py;
       dir = "/bin";
       isExecutable = true;
       py = "${pkgs.python311}/bin/python";
       inotifywait = "${pkgs.inotify-tools}/bin/inotifywait";
     });

   in {

     systemd.user.services.watchintake = {
       Unit = {
         Description = "Run watchintake.";
       };
       Service = {
         ExecStart = ''
           ${watchintake}/bin/watchintake ${homedir}/intake
         '';
       };
       Install = {
         WantedBy = [ "default.target" ];
       };
     };
   }
