# What unit files can hold besides the ordinary: templates, escapes, resets, every kind of value.
{ config, lib, pkgs, ... }:
{
  home.stateVersion = "24.05";

  systemd.user.services = {
    "worker@" = {
      Unit = {
        Description = "Worker %i of %j";
        Documentation = [ "man:worker(1)" "https://example.org/worker?a=1&b=2" ];
      };
      Service = {
        # An empty value resets what a drop-in or the original set before.
        ExecStart = [ "" "/usr/bin/worker --id=%i --literal=%%" ];
        Environment = "SINGLE=yes";
      };
      Install = { WantedBy = [ "default.target" ]; DefaultInstance = "one"; };
    };
    "mnt-a\\x2db" = {
      Unit.Description = "Escaped name";
      Service.ExecStart = ''/bin/sh -c "echo \"$HOME\" ; exec sleep 5"'';
    };
    "colon:and@instance" = {
      Service.ExecStart = "/bin/true";
      Install.RequiredBy = [ "graphical-session.target" ];
    };
    values = {
      Unit = {
        X-SwitchMethod = "keep-old";
        X-Restart-Triggers = [ "${pkgs.writeText "trigger" "1"}" ];
        StartLimitBurst = 0;
      };
      Service = {
        Type = "simple";
        ExecStart = [ "/bin/true" ];
        NoNewPrivileges = true;
        PrivateNetwork = false;
        Nice = -5;
        UMask = "0077";
        WorkingDirectory = "/tmp";
        LogExtraFields = [ ];
        b = "lower case after upper case";
        _x = "underscore";
      };
      # A further name, and one that nothing here has.
      Install = { Alias = "other.service"; Also = [ "values.socket" ]; };
      Empty = { };
    };
    bare-string-target = {
      Service.ExecStart = "/bin/true";
      Install.WantedBy = "default.target timers.target";
    };
    package-as-command = {
      Service.ExecStart = pkgs.writeShellScript "command" "true";
      Service.ExecStartPre = lib.getExe (pkgs.writeShellScriptBin "prepare" "true");
    };
    tree = {
      Service.ExecStart = "${pkgs.symlinkJoin {
        name = "tools";
        paths = [ (pkgs.writeScriptBin "one" "#!/bin/sh\n") (pkgs.writeScriptBin "two" "#!/bin/sh\n") ];
      }}/bin/two";
      Service.WorkingDirectory = pkgs.linkFarm "farm" [
        { name = "a/b"; path = pkgs.writeText "b" "b"; }
        { name = "c"; path = "/etc"; }
      ];
    };
  };
  systemd.user.startServices = "suggest";
}
