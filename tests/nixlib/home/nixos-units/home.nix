# Units in NixOS's spelling, alone and together with sections.
{ config, lib, pkgs, ... }:
let
  tool = pkgs.writeScriptBin "tool" "#!/bin/sh\n";
in
{
  home.stateVersion = "24.05";

  systemd.user.services = {
    everything = {
      description = "Everything at once";
      documentation = [ "man:everything(1)" "https://example.org/?a=1&b=2" ];
      requires = [ "a.service" ];
      wants = [ "b.service" "c.service" ];
      upholds = [ "d.service" ];
      after = [ "a.service" "b.service" ];
      before = [ "e.service" ];
      bindsTo = [ "f.service" ];
      partOf = [ "g.target" ];
      conflicts = [ "h.service" ];
      requisite = [ "i.service" ];
      onFailure = [ "j.service" ];
      onSuccess = [ "k.service" ];
      startLimitBurst = 3;
      startLimitIntervalSec = 0;
      unitConfig = {
        ConditionPathExists = [ "/etc" "/usr" ];
        RefuseManualStart = false;
      };
      serviceConfig = {
        Type = "simple";
        ExecStartPre = "/bin/true";
        Nice = 5;
        NoNewPrivileges = true;
        RuntimeDirectory = [ "one" "two" ];
      };
      path = [ tool "/opt/tools" ];
      enableDefaultPath = false;
      environment = {
        PLAIN = "value";
        QUOTED = "a \"quoted\" \\ word with 100%%";
        UNSET = null;
        FILE = pkgs.writeText "file" "x";
      };
      script = "exec tool \"$@\"";
      scriptArgs = "--unit %n";
      preStart = "echo preStart";
      postStart = "echo postStart";
      reload = "echo reload";
      preStop = "echo preStop";
      postStop = "echo postStop";
      restartTriggers = [ "a\ntext" 1 [ "nested" ] ];
      reloadTriggers = [ "another" ];
      reloadIfChanged = true;
      stopIfChanged = false;
      restartIfChanged = false;
      wantedBy = [ "default.target" ];
      requiredBy = [ "l.target" ];
      aliases = [ "all.service" ];
      startAt = "hourly";
      enable = true;
    };

    # Both at once: lists are joined, and what both say alike is said once.
    mixed = {
      Unit = {
        Description = "Mixed";
        After = [ "a.service" ];
        Wants = "a.service";
      };
      description = "Mixed";
      after = [ "b.service" ];
      wants = [ "a.service" ];
      Service = {
        ExecStart = "/bin/true";
        Environment = "A=1";
      };
      environment = { A = "1"; B = "2"; };
      serviceConfig.Environment = [ "C=3" ];
      enableDefaultPath = false;
      Install.WantedBy = "default.target other.target";
      wantedBy = [ "default.target" ];
    };

    # Definitions of several modules, some of them with priorities.
    merged = lib.mkMerge [
      { script = "one"; wantedBy = [ "default.target" ]; enableDefaultPath = false; }
      { script = lib.mkAfter "two"; wantedBy = lib.mkForce [ ]; }
      (lib.mkIf false { description = "no"; })
      { environment.PATH = lib.mkForce "/forced"; path = [ tool ]; }
    ];

    oneshot = {
      serviceConfig = { Type = "oneshot"; ExecStart = [ "/bin/one" "/bin/two" ]; };
      enableDefaultPath = false;
    };

    "worker@" = { script = "echo worker"; scriptArgs = "%i"; enableDefaultPath = false; };

    # Sections with links in NixOS's way say nothing of a PATH.
    linked = { Service.ExecStart = "/bin/true"; wantedBy = [ "default.target" ]; };

    off = { enable = false; script = "never"; wantedBy = [ "default.target" ]; };
  };

  # The rest of what `startAt` begins.
  systemd.user.timers.everything.timerConfig = { Persistent = true; RandomizedDelaySec = "1h"; };

  systemd.user.timers.tick = {
    description = "Tick";
    timerConfig = { OnCalendar = [ "daily" "weekly" ]; Unit = "oneshot.service"; };
    wantedBy = [ "timers.target" ];
  };
  systemd.user.sockets.answer = {
    listenStreams = [ "%t/answer" "127.0.0.1:1234" ];
    listenDatagrams = [ "%t/datagrams" ];
    socketConfig = { Accept = true; ListenStream = [ "%t/more" ]; };
    wantedBy = [ "sockets.target" ];
  };
  systemd.user.paths.watch = { pathConfig.PathChanged = [ "%h/a" "%h/b" ]; wantedBy = [ "paths.target" ]; };
  systemd.user.slices.small = { description = "Small"; sliceConfig = { MemoryMax = "2G"; CPUQuota = "50%"; }; };
  systemd.user.targets.mine = { wants = [ "everything.service" ]; unitConfig.StopWhenUnneeded = true; };
  systemd.user.mounts."home-me-a\\x2db" = {
    what = "tmpfs";
    where = "/home/me/a-b";
    type = "tmpfs";
    options = "size=1M";
    mountConfig.DirectoryMode = "0700";
  };
  systemd.user.automounts."home-me-a\\x2db" = { where = "/home/me/a-b/"; automountConfig.TimeoutIdleSec = 60; };
  # `Where=%h/…` is below the home directory, whose name tests do not know; %t is known to the manager only.
  systemd.user.mounts.runtime.Mount = { What = "tmpfs"; Where = "%t/scratch"; };
}
