# Host packages: shells and the programs that every system has.
let
  coreutilsPrograms = [
    "[" "arch" "b2sum" "base32" "base64" "basename" "basenc" "chcon" "chgrp" "chmod" "chown" "chroot"
    "cksum" "comm" "cp" "csplit" "cut" "date" "dd" "df" "dir" "dircolors" "dirname" "du" "env" "expand"
    "expr" "factor" "false" "fmt" "fold" "groups" "head" "hostid" "id" "install" "join" "link" "ln"
    "logname" "ls" "md5sum" "mkdir" "mkfifo" "mknod" "mktemp" "mv" "nice" "nl" "nohup" "nproc" "numfmt"
    "od" "paste" "pathchk" "pinky" "pr" "printenv" "printf" "ptx" "pwd" "readlink" "realpath" "rm" "rmdir"
    "runcon" "seq" "sha1sum" "sha224sum" "sha256sum" "sha384sum" "sha512sum" "shred" "shuf" "sleep" "sort"
    "split" "stat" "stdbuf" "stty" "sum" "sync" "tac" "tail" "tee" "test" "timeout" "touch" "tr" "true"
    "truncate" "tsort" "tty" "uname" "unexpand" "uniq" "unlink" "uptime" "users" "vdir" "wc" "who" "whoami"
    "yes"
  ];
in
{
  bash = { programs = { bash = [ "bash" ]; sh = [ "bash" ]; }; optional = [ "bashbug" ]; debian = "bash"; fedora = "bash"; };
  bashInteractive = { programs = { bash = [ "bash" ]; sh = [ "bash" ]; }; main = "bash"; debian = "bash"; fedora = "bash"; };
  busybox = { programs = [ "busybox" ]; debian = "busybox"; fedora = "busybox"; };
  dash = { programs = [ "dash" ]; debian = "dash"; fedora = "dash"; };
  fish = { programs = [ "fish" ]; optional = [ "fish_indent" "fish_key_reader" ]; debian = "fish"; fedora = "fish"; };
  nushell = { programs = [ "nu" ]; debian = null; fedora = "nu"; };
  zsh = { programs = [ "zsh" ]; debian = "zsh"; fedora = "zsh"; };
  coreutils = { programs = [ "cat" "cp" "ls" "mkdir" "mv" "rm" ]; optional = coreutilsPrograms; main = "ls"; debian = "coreutils"; fedora = "coreutils"; };
  coreutils-full = { programs = [ "cat" "cp" "ls" "mkdir" "mv" "rm" ]; optional = coreutilsPrograms; main = "ls"; debian = "coreutils"; fedora = "coreutils"; };
  findutils = { programs = [ "find" "xargs" ]; optional = [ "locate" "updatedb" ]; main = "find"; debian = "findutils"; fedora = "findutils"; };
  diffutils = { programs = [ "cmp" "diff" ]; optional = [ "diff3" "sdiff" ]; main = "diff"; debian = "diffutils"; fedora = "diffutils"; };
  gnugrep = { programs = [ "grep" ]; optional = [ "egrep" "fgrep" ]; main = "grep"; debian = "grep"; fedora = "grep"; };
  gnused = { programs = [ "sed" ]; main = "sed"; debian = "sed"; fedora = "sed"; };
  gawk = { programs = { gawk = [ "gawk" ]; awk = [ "gawk" ]; }; main = "gawk"; debian = "gawk"; fedora = "gawk"; };
  gnutar = { programs = [ "tar" ]; main = "tar"; debian = "tar"; fedora = "tar"; };
  gnumake = { programs = [ "make" ]; main = "make"; debian = "make"; fedora = "make"; };
  gnupatch = { programs = [ "patch" ]; main = "patch"; debian = "patch"; fedora = "patch"; };
  gettext = { programs = [ "gettext" ]; optional = [ "envsubst" "msgfmt" "msgmerge" "ngettext" "xgettext" ]; debian = "gettext"; fedora = "gettext"; };
  ncurses = { programs = [ "tput" ]; optional = [ "clear" "infocmp" "reset" "tic" "toe" "tset" ]; main = "tput"; debian = "ncurses-bin"; fedora = "ncurses"; };
  util-linux = {
    programs = [ "flock" "mount" "setsid" ];
    optional = [
      "blkid" "cal" "chrt" "col" "column" "dmesg" "fallocate" "findmnt" "getopt" "hexdump" "ionice" "ipcs" "kill"
      "last" "logger" "look" "losetup" "lsblk" "lscpu" "lsfd" "lsipc" "lslocks" "lsmem" "lsns" "mcookie" "mesg" "more"
      "mountpoint" "namei" "nsenter" "prlimit" "rename" "renice" "rev" "script" "setpriv" "su" "swapon" "taskset"
      "ul" "umount" "unshare" "uuidgen" "wall" "wdctl" "whereis"
    ];
    main = "mount";
    debian = "util-linux";
    fedora = "util-linux";
  };
  procps = { programs = [ "ps" ]; optional = [ "free" "pgrep" "pidof" "pidwait" "pkill" "pmap" "pwdx" "skill" "slabtop" "sysctl" "tload" "top" "uptime" "vmstat" "w" "watch" ]; main = "ps"; debian = "procps"; fedora = "procps-ng"; };
  psmisc = { programs = [ "killall" ]; optional = [ "fuser" "peekfd" "prtstat" "pstree" ]; main = "killall"; debian = "psmisc"; fedora = "psmisc"; };
  inetutils = { programs = [ "hostname" ]; optional = [ "ftp" "ping" "telnet" "traceroute" "whois" ]; main = "hostname"; debian = "hostname"; fedora = "hostname"; };
  iproute2 = { programs = [ "ip" ]; optional = [ "bridge" "nstat" "ss" "tc" ]; main = "ip"; debian = "iproute2"; fedora = "iproute"; };
  iputils = { programs = [ "ping" ]; optional = [ "arping" "tracepath" ]; main = "ping"; debian = "iputils-ping"; fedora = "iputils"; };
  systemd = {
    programs = [ "systemctl" ];
    optional = [
      "busctl" "coredumpctl" "hostnamectl" "journalctl" "localectl" "loginctl" "networkctl" "resolvectl"
      "systemd-analyze" "systemd-ask-password" "systemd-cat" "systemd-cgls" "systemd-cgtop" "systemd-creds" "systemd-delta"
      "systemd-detect-virt" "systemd-escape" "systemd-id128" "systemd-inhibit" "systemd-mount" "systemd-notify" "systemd-path"
      "systemd-run" "systemd-socket-activate" "systemd-tmpfiles" "systemd-umount" "timedatectl" "udevadm"
    ];
    main = "systemctl";
    debian = "systemd";
    fedora = "systemd";
  };
  dbus = { programs = [ "dbus-send" ]; optional = [ "dbus-daemon" "dbus-launch" "dbus-monitor" "dbus-run-session" "dbus-update-activation-environment" "dbus-uuidgen" ]; main = "dbus-send"; debian = "dbus-bin"; fedora = "dbus-tools"; };
  which = { programs = [ "which" ]; debian = "debianutils"; fedora = "which"; };
  file = { programs = [ "file" ]; debian = "file"; fedora = "file"; };
  less = { programs = [ "less" ]; optional = [ "lessecho" "lesskey" ]; debian = "less"; fedora = "less"; };
  man = { programs = [ "man" ]; optional = [ "apropos" "mandb" "manpath" "whatis" ]; debian = "man-db"; fedora = "man-db"; };
  man-db = { programs = [ "man" ]; optional = [ "apropos" "mandb" "manpath" "whatis" ]; main = "man"; debian = "man-db"; fedora = "man-db"; };
  bc = { programs = [ "bc" ]; optional = [ "dc" ]; debian = "bc"; fedora = "bc"; };
  cron = { programs = [ "crontab" ]; main = "crontab"; debian = "cron"; fedora = "cronie"; };
  parallel = { programs = [ "parallel" ]; debian = "parallel"; fedora = "parallel"; };
  moreutils = { programs = [ "sponge" ]; optional = [ "chronic" "combine" "errno" "ifdata" "ifne" "isutf8" "lckdo" "mispipe" "pee" "ts" "vidir" "vipe" "zrun" ]; main = "sponge"; debian = "moreutils"; fedora = "moreutils"; };
  tree = { programs = [ "tree" ]; debian = "tree"; fedora = "tree"; };
  lsof = { programs = [ "lsof" ]; debian = "lsof"; fedora = "lsof"; };
  strace = { programs = [ "strace" ]; debian = "strace"; fedora = "strace"; };
  pv = { programs = [ "pv" ]; debian = "pv"; fedora = "pv"; };
  rlwrap = { programs = [ "rlwrap" ]; debian = "rlwrap"; fedora = "rlwrap"; };
  shellcheck = { programs = [ "shellcheck" ]; debian = "shellcheck"; fedora = "ShellCheck"; };
  shfmt = { programs = [ "shfmt" ]; debian = "shfmt"; fedora = "shfmt"; };
}
