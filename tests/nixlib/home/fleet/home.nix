# Many units made by functions: mounts of remotes, timers from a table, a unit of every kind.
{ config, lib, pkgs, ... }:
let
  remotes = {
    photos = { remote = "b2:photos"; };
    "work docs" = { remote = "drive:docs"; readOnly = true; };
  };
  safe = lib.replaceStrings [ " " ] [ "-" ];
  mount = name: { remote, readOnly ? false }: lib.nameValuePair "rclone-${safe name}" {
    Unit = {
      Description = "Mount ${remote}";
      After = [ "network-online.target" ];
      PartOf = [ "mounts.target" ];
    };
    Service = {
      Type = "notify";
      ExecStartPre = "/bin/mkdir -p '${config.home.homeDirectory}/mnt/${name}'";
      ExecStart = lib.concatStringsSep " " ([
        "${pkgs.rclone}/bin/rclone mount"
        (lib.escapeShellArg remote)
        (lib.escapeShellArg "${config.home.homeDirectory}/mnt/${name}")
      ] ++ lib.optional readOnly "--read-only");
      ExecStop = "/bin/fusermount -u '${config.home.homeDirectory}/mnt/${name}'";
    };
    Install.WantedBy = [ "mounts.target" ];
  };
  chores = [ "index" "prune" "report" ];
in
{
  home.stateVersion = "24.05";
  hm.hostPackages.rclone.rclone = "true";

  systemd.user.services = lib.mapAttrs' mount remotes // lib.genAttrs chores (chore: {
    Unit.Description = "Do the chore ${chore}";
    Service = {
      Type = "oneshot";
      ExecStart = toString (pkgs.writeShellScript "chore-${chore}" ''
        echo ${chore}
      '');
      Slice = "chores.slice";
    };
  });

  systemd.user.timers = lib.listToAttrs (lib.imap0 (index: chore: {
    name = chore;
    value = {
      Unit.Description = "Time for ${chore}";
      Timer.OnCalendar = "*-*-* 0${toString (index + 3)}:00:00";
      Install.WantedBy = [ "timers.target" ];
    };
  }) chores);

  systemd.user.targets.mounts = {
    Unit.Description = "Remote directories";
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.slices.chores.Slice = { CPUQuota = "20%"; MemoryHigh = "1G"; };
  systemd.user.paths.inbox = {
    Unit.Description = "Mail has come";
    Path = { PathChanged = [ "%h/Mail/new" "%h/Mail/cur" ]; MakeDirectory = true; };
    Install.WantedBy = [ "paths.target" ];
  };
  systemd.user.sockets.clip = {
    Socket = { ListenStream = "%t/clip.sock"; SocketMode = "0600"; };
    Install.WantedBy = [ "sockets.target" ];
  };
  systemd.user.mounts."srv-scratch" = {
    Mount = { What = "tmpfs"; Where = "/srv/scratch"; Type = "tmpfs"; };
    Install.RequiredBy = [ "default.target" ];
  };
  systemd.user.automounts."srv-scratch".Automount = { Where = "/srv/scratch"; };
}
