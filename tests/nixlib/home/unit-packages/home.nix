# Units that packages bring, and what a configuration makes of them.
{ pkgs, ... }:
{
  home.stateVersion = "24.05";

  systemd.user.packages = [
    (pkgs.symlinkJoin {
      name = "with-units";
      paths = [
        (pkgs.writeTextDir "share/systemd/user/plain.service" "[Service]\nExecStart=/bin/plain\n")
        (pkgs.writeTextDir "share/systemd/user/plain.service.d/more.conf" "[Service]\nNice=1\n")
        (pkgs.writeTextFile { name = "group"; destination = "/share/systemd/user/group@.service"; text = "[Service]\nExecStart=/bin/group %i\n"; })
        (pkgs.writeTextDir "lib/systemd/user/also.socket" "[Socket]\nListenStream=%t/also\n[Install]\nWantedBy=sockets.target\n")
        (pkgs.writeTextDir "lib/systemd/user/extended.service" "[Service]\nExecStart=/bin/extended\n")
        (pkgs.writeTextDir "lib/systemd/user/replaced.service" "[Service]\nExecStart=/bin/other\n")
        (pkgs.writeTextDir "lib/systemd/user/forced.service" "[Service]\nExecStart=/bin/forced\n")
        (pkgs.linkFarm "links" [
          { name = "lib/systemd/user/default.target.wants/plain.service"; path = pkgs.writeText "plain.service" ""; }
        ])
      ];
    })
    # The same name in a second package stands back.
    (pkgs.writeTextDir "share/systemd/user/plain.service" "[Service]\nExecStart=/bin/second\n")
    (pkgs.writeTextDir "share/doc/none" "")
  ];

  systemd.user.services = {
    extended = { wantedBy = [ "default.target" ]; serviceConfig.Nice = 3; Install.Also = "also.socket"; };
    replaced.Service.ExecStart = "/bin/replaced";
    forced = { Service.Nice = 4; overrideStrategy = "asDropin"; };
    "group@one".wantedBy = [ "default.target" ];
  };
  systemd.user.overrides."plain.service".Service.Nice = 2;
}
