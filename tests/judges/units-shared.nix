# User units in NixOS's spelling, for NixOS and for hm.
{ pkgs, lib, ... }:
{
  systemd.user.services = {
    plain = {
      description = "Plain";
      documentation = [ "man:a(1)" "man:b(1)" ];
      serviceConfig = {
        ExecStart = "/bin/true";
        Restart = "on-failure";
        NoNewPrivileges = true;
        RuntimeDirectory = [ "a" "b" ];
        Nice = -5;
      };
      wantedBy = [ "default.target" ];
    };
    scripts = {
      script = "main";
      scriptArgs = "%i --flag";
      preStart = "a";
      postStart = "b";
      reload = "c";
      preStop = "d";
      postStop = "e";
      serviceConfig.ExecStartPre = [ "/bin/more" ];
      serviceConfig.ExecStartPost = "/bin/after";
      path = [ pkgs.bash "/opt" ];
      environment = { A = "1"; QUOTED = "a \"b\" \\ \n c 100%"; NONE = null; };
    };
    environment = lib.mkMerge [
      { environment.PATH = lib.mkForce "/x"; path = [ pkgs.bash ]; }
      { environment.B = "1"; script = "b"; enableDefaultPath = false; }
    ];
    lists = {
      requires = [ "a.service" ];
      wants = [ "a.service" "b.service" ];
      upholds = [ "a.service" ];
      after = [ "a.service" "b.service" ];
      before = [ "c.service" ];
      bindsTo = [ "c.service" ];
      partOf = [ "c.service" ];
      conflicts = [ "d.service" ];
      requisite = [ "d.service" ];
      onFailure = [ "d.service" ];
      onSuccess = [ "d.service" ];
      unitConfig.ConditionPathExists = [ "/a" "/b" ];
      startLimitBurst = 3;
      startLimitIntervalSec = 10;
      restartTriggers = [ "a" 1 ];
      reloadTriggers = [ "b" ];
      enableDefaultPath = false;
      serviceConfig = { Type = "oneshot"; ExecStart = [ "/bin/a" "/bin/b" ]; };
    };
    kept = { script = "x"; restartIfChanged = false; stopIfChanged = false; };
    reloaded = { script = "x"; reload = "y"; reloadIfChanged = true; };
    "template@" = { script = "x"; scriptArgs = "%i"; };
    merged = lib.mkMerge [
      { script = "one"; after = [ "a.service" ]; }
      { script = lib.mkBefore "two"; after = [ "b.service" ]; serviceConfig.ExecStop = [ "/bin/stop" ]; }
      { serviceConfig.ExecStop = "/bin/stop-too"; }
    ];
  };
  systemd.user.timers.tick = {
    timerConfig = { OnCalendar = [ "daily" "weekly" ]; Persistent = true; };
    wantedBy = [ "timers.target" ];
  };
  systemd.user.sockets.answer = {
    listenStreams = [ "%t/a" "1234" ];
    listenDatagrams = [ "%t/b" ];
    socketConfig.Accept = true;
    socketConfig.ListenFIFO = "%t/c";
  };
  systemd.user.paths.watch.pathConfig.PathChanged = [ "/a" "/b" ];
  systemd.user.slices.small.sliceConfig = { MemoryMax = "1G"; CPUQuota = "10%"; };
  systemd.user.targets.mine = { description = "Mine"; wants = [ "plain.service" ]; };
}
