# Programs that are not packaged here.
{
  hm.hostPackages.restic.restic = ../bin/restic;
  hm.hostPackages.libnotify.notify-send = ../bin/notify-send;
}
