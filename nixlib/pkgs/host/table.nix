# The host packages nixlib knows by their nixpkgs names: which programs each one
# has, and which distribution package brings them.
#
#   programs   what `bin/` must hold: a list of names, or an attribute set from the
#              name in `bin/` to the names to search for, best first
#   optional   further names, linked where the machine has them
#   main       what `lib.getExe` runs; the package's own name, else its first program, by default
#   debian     the Debian and Ubuntu package; null where there is none
#   fedora     the Fedora package; null where there is none
#   versioned  { stem, minor, upTo }: the program is called STEM + MINOR on the machine;
#              a newer minor version up to `upTo` is taken with a warning, an older one never;
#              `programs` are then the names in `bin/` that all link to it
#
# `scopes` holds packages that nixpkgs keeps in sets of their own (`pkgs.xorg.xrandr`).
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
  gitPrograms = [ "git-receive-pack" "git-shell" "git-upload-archive" "git-upload-pack" "gitk" "scalar" ];
  pythonMinor = minor: {
    programs = [ "python3.${toString minor}" "python" "python3" ];
    main = "python3.${toString minor}";
    versioned = { stem = "python3."; inherit minor; upTo = 30; };
    debian = "python3.${toString minor}";
    fedora = "python3.${toString minor}";
  };
  gccMajor = major: {
    programs = [ "gcc" ];
    versioned = { stem = "gcc-"; minor = major; upTo = 30; };
    debian = "gcc-${toString major}";
    fedora = "gcc";
  };
  clangMajor = major: {
    programs = [ "clang" ];
    versioned = { stem = "clang-"; minor = major; upTo = 40; };
    debian = "clang-${toString major}";
    fedora = "clang";
  };
  xorgProgram = name: debian: { programs = [ name ]; inherit debian; fedora = name; };
  xutil = name: xorgProgram name "x11-xserver-utils";
  xtool = name: xorgProgram name "x11-utils";
in
{
  packages = {
    # Shells and the base system
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

    # Compression and archives
    gzip = { programs = [ "gzip" ]; optional = [ "gunzip" "zcat" "zcmp" "zdiff" "zgrep" "zless" "zmore" "znew" ]; debian = "gzip"; fedora = "gzip"; };
    bzip2 = { programs = [ "bzip2" ]; optional = [ "bunzip2" "bzcat" "bzip2recover" ]; debian = "bzip2"; fedora = "bzip2"; };
    xz = { programs = [ "xz" ]; optional = [ "lzma" "unxz" "xzcat" "xzdiff" "xzgrep" "xzless" ]; debian = "xz-utils"; fedora = "xz"; };
    zstd = { programs = [ "zstd" ]; optional = [ "unzstd" "zstdcat" "zstdgrep" "zstdless" "zstdmt" ]; debian = "zstd"; fedora = "zstd"; };
    zip = { programs = [ "zip" ]; optional = [ "zipcloak" "zipnote" "zipsplit" ]; debian = "zip"; fedora = "zip"; };
    unzip = { programs = [ "unzip" ]; optional = [ "funzip" "unzipsfx" "zipgrep" "zipinfo" ]; debian = "unzip"; fedora = "unzip"; };
    p7zip = { programs = { "7z" = [ "7z" "7zz" ]; }; optional = [ "7za" "7zr" ]; main = "7z"; debian = "7zip"; fedora = "p7zip"; };
    lz4 = { programs = [ "lz4" ]; optional = [ "lz4cat" "unlz4" ]; debian = "lz4"; fedora = "lz4"; };
    pigz = { programs = [ "pigz" ]; optional = [ "unpigz" ]; debian = "pigz"; fedora = "pigz"; };

    # Search, text and data
    ripgrep = { programs = [ "rg" ]; main = "rg"; debian = "ripgrep"; fedora = "ripgrep"; };
    fd = { programs = { fd = [ "fd" "fdfind" ]; }; debian = "fd-find"; fedora = "fd-find"; };
    fzf = { programs = [ "fzf" ]; optional = [ "fzf-tmux" ]; debian = "fzf"; fedora = "fzf"; };
    bat = { programs = { bat = [ "bat" "batcat" ]; }; debian = "bat"; fedora = "bat"; };
    eza = { programs = [ "eza" ]; debian = "eza"; fedora = "eza"; };
    jq = { programs = [ "jq" ]; debian = "jq"; fedora = "jq"; };
    yq-go = { programs = [ "yq" ]; main = "yq"; debian = null; fedora = "yq"; };
    miller = { programs = [ "mlr" ]; main = "mlr"; debian = "miller"; fedora = "miller"; };
    pandoc = { programs = [ "pandoc" ]; debian = "pandoc"; fedora = "pandoc"; };
    sqlite = { programs = [ "sqlite3" ]; main = "sqlite3"; debian = "sqlite3"; fedora = "sqlite"; };
    zoxide = { programs = [ "zoxide" ]; debian = "zoxide"; fedora = "zoxide"; };
    direnv = { programs = [ "direnv" ]; debian = "direnv"; fedora = "direnv"; };
    starship = { programs = [ "starship" ]; debian = "starship"; fedora = "starship"; };
    inotify-tools = { programs = [ "inotifywait" ]; optional = [ "inotifywatch" "fsnotifywait" "fsnotifywatch" ]; main = "inotifywait"; debian = "inotify-tools"; fedora = "inotify-tools"; };
    entr = { programs = [ "entr" ]; debian = "entr"; fedora = "entr"; };
    watchexec = { programs = [ "watchexec" ]; debian = null; fedora = null; };

    # Network
    curl = { programs = [ "curl" ]; debian = "curl"; fedora = "curl"; };
    wget = { programs = [ "wget" ]; debian = "wget"; fedora = "wget2-wget"; };
    aria2 = { programs = [ "aria2c" ]; main = "aria2c"; debian = "aria2"; fedora = "aria2"; };
    yt-dlp = { programs = [ "yt-dlp" ]; debian = "yt-dlp"; fedora = "yt-dlp"; };
    openssh = { programs = [ "ssh" ]; optional = [ "scp" "sftp" "ssh-add" "ssh-agent" "ssh-copy-id" "ssh-keygen" "ssh-keyscan" "sshd" ]; main = "ssh"; debian = "openssh-client"; fedora = "openssh-clients"; };
    autossh = { programs = [ "autossh" ]; debian = "autossh"; fedora = "autossh"; };
    mosh = { programs = [ "mosh" ]; optional = [ "mosh-client" "mosh-server" ]; debian = "mosh"; fedora = "mosh"; };
    sshfs = { programs = [ "sshfs" ]; debian = "sshfs"; fedora = "fuse-sshfs"; };
    fuse3 = { programs = [ "fusermount3" ]; main = "fusermount3"; debian = "fuse3"; fedora = "fuse3"; };
    fuse = { programs = [ "fusermount" ]; main = "fusermount"; debian = "fuse3"; fedora = "fuse"; };
    rsync = { programs = [ "rsync" ]; debian = "rsync"; fedora = "rsync"; };
    rclone = { programs = [ "rclone" ]; debian = "rclone"; fedora = "rclone"; };
    socat = { programs = [ "socat" ]; debian = "socat"; fedora = "socat"; };
    netcat = { programs = { nc = [ "nc" "ncat" ]; }; main = "nc"; debian = "netcat-openbsd"; fedora = "nmap-ncat"; };
    nmap = { programs = [ "nmap" ]; optional = [ "ncat" "nping" ]; debian = "nmap"; fedora = "nmap"; };
    bind = { programs = [ "dig" ]; optional = [ "delv" "host" "nslookup" "nsupdate" ]; main = "dig"; debian = "bind9-dnsutils"; fedora = "bind-utils"; };
    dnsutils = { programs = [ "dig" ]; optional = [ "delv" "host" "nslookup" "nsupdate" ]; main = "dig"; debian = "bind9-dnsutils"; fedora = "bind-utils"; };
    openssl = { programs = [ "openssl" ]; debian = "openssl"; fedora = "openssl"; };
    wireguard-tools = { programs = [ "wg" ]; optional = [ "wg-quick" ]; main = "wg"; debian = "wireguard-tools"; fedora = "wireguard-tools"; };
    tailscale = { programs = [ "tailscale" ]; optional = [ "tailscaled" ]; debian = null; fedora = "tailscale"; };
    networkmanager = { programs = [ "nmcli" ]; optional = [ "nm-online" "nmtui" ]; main = "nmcli"; debian = "network-manager"; fedora = "NetworkManager"; };
    networkmanagerapplet = { programs = [ "nm-applet" ]; optional = [ "nm-connection-editor" ]; main = "nm-applet"; debian = "network-manager-gnome"; fedora = "network-manager-applet"; };
    syncthing = { programs = [ "syncthing" ]; debian = "syncthing"; fedora = "syncthing"; };
    transmission = { programs = [ "transmission-daemon" ]; optional = [ "transmission-remote" "transmission-cli" "transmission-show" ]; main = "transmission-daemon"; debian = "transmission-daemon"; fedora = "transmission-daemon"; };

    # Backups
    restic = { programs = [ "restic" ]; debian = "restic"; fedora = "restic"; };
    borgbackup = { programs = [ "borg" ]; main = "borg"; debian = "borgbackup"; fedora = "borgbackup"; };
    borgmatic = { programs = [ "borgmatic" ]; debian = "borgmatic"; fedora = "borgmatic"; };
    duplicity = { programs = [ "duplicity" ]; debian = "duplicity"; fedora = "duplicity"; };
    rsnapshot = { programs = [ "rsnapshot" ]; debian = "rsnapshot"; fedora = "rsnapshot"; };

    # Nix and its surroundings
    nix = { programs = [ "nix" ]; optional = [ "nix-build" "nix-channel" "nix-collect-garbage" "nix-copy-closure" "nix-env" "nix-hash" "nix-instantiate" "nix-prefetch-url" "nix-shell" "nix-store" ]; debian = "nix-bin"; fedora = "nix"; };
    nix-index = { programs = [ "nix-index" ]; optional = [ "nix-locate" ]; debian = null; fedora = null; };
    attic = { programs = [ "attic" ]; debian = null; fedora = null; };
    attic-client = { programs = [ "attic" ]; main = "attic"; debian = null; fedora = null; };
    cachix = { programs = [ "cachix" ]; debian = null; fedora = null; };
    sops = { programs = [ "sops" ]; debian = null; fedora = null; };
    age = { programs = [ "age" ]; optional = [ "age-keygen" ]; debian = "age"; fedora = "age"; };

    # Version control
    git = { programs = [ "git" ]; optional = gitPrograms; debian = "git"; fedora = "git"; };
    gitFull = { programs = [ "git" ]; optional = gitPrograms; main = "git"; debian = "git-all"; fedora = "git-all"; };
    gitMinimal = { programs = [ "git" ]; optional = gitPrograms; main = "git"; debian = "git"; fedora = "git-core"; };
    git-lfs = { programs = [ "git-lfs" ]; debian = "git-lfs"; fedora = "git-lfs"; };
    gh = { programs = [ "gh" ]; debian = "gh"; fedora = "gh"; };
    mercurial = { programs = [ "hg" ]; main = "hg"; debian = "mercurial"; fedora = "mercurial"; };
    subversion = { programs = [ "svn" ]; optional = [ "svnadmin" "svnserve" ]; main = "svn"; debian = "subversion"; fedora = "subversion"; };
    lazygit = { programs = [ "lazygit" ]; debian = "lazygit"; fedora = "lazygit"; };
    tig = { programs = [ "tig" ]; debian = "tig"; fedora = "tig"; };
    delta = { programs = [ "delta" ]; debian = "git-delta"; fedora = "git-delta"; };

    # Languages and building
    python3 = { programs = { python3 = [ "python3" ]; python = [ "python3" ]; }; main = "python3"; debian = "python3"; fedora = "python3"; };
    python39 = pythonMinor 9;
    python310 = pythonMinor 10;
    python311 = pythonMinor 11;
    python312 = pythonMinor 12;
    python313 = pythonMinor 13;
    python314 = pythonMinor 14;
    pipx = { programs = [ "pipx" ]; debian = "pipx"; fedora = "pipx"; };
    uv = { programs = [ "uv" ]; optional = [ "uvx" ]; debian = null; fedora = "uv"; };
    nodejs = { programs = { node = [ "node" "nodejs" ]; }; optional = [ "npm" "npx" "corepack" ]; main = "node"; debian = "nodejs"; fedora = "nodejs"; };
    yarn = { programs = { yarn = [ "yarn" "yarnpkg" ]; }; debian = "yarnpkg"; fedora = "yarnpkg"; };
    deno = { programs = [ "deno" ]; debian = null; fedora = null; };
    perl = { programs = [ "perl" ]; optional = [ "cpan" "perldoc" "prove" ]; debian = "perl"; fedora = "perl"; };
    ruby = { programs = [ "ruby" ]; optional = [ "bundle" "erb" "gem" "irb" "rake" ]; debian = "ruby"; fedora = "ruby"; };
    lua = { programs = { lua = [ "lua" "lua5.4" "lua5.3" ]; }; debian = "lua5.4"; fedora = "lua"; };
    luajit = { programs = [ "luajit" ]; debian = "luajit"; fedora = "luajit"; };
    php = { programs = [ "php" ]; debian = "php-cli"; fedora = "php-cli"; };
    go = { programs = [ "go" ]; optional = [ "gofmt" ]; debian = "golang-go"; fedora = "golang"; };
    rustc = { programs = [ "rustc" ]; optional = [ "rustdoc" ]; debian = "rustc"; fedora = "rust"; };
    cargo = { programs = [ "cargo" ]; debian = "cargo"; fedora = "cargo"; };
    rustfmt = { programs = [ "rustfmt" ]; debian = "rustfmt"; fedora = "rustfmt"; };
    rust-analyzer = { programs = [ "rust-analyzer" ]; debian = null; fedora = "rust-analyzer"; };
    gcc = { programs = [ "gcc" ]; optional = [ "cc" "c++" "cpp" "g++" "gcov" ]; debian = "gcc"; fedora = "gcc"; };
    gcc12 = gccMajor 12;
    gcc13 = gccMajor 13;
    gcc14 = gccMajor 14;
    clang = { programs = [ "clang" ]; optional = [ "clang++" ]; debian = "clang"; fedora = "clang"; };
    clang_15 = clangMajor 15;
    clang_16 = clangMajor 16;
    clang_17 = clangMajor 17;
    gdb = { programs = [ "gdb" ]; debian = "gdb"; fedora = "gdb"; };
    cmake = { programs = [ "cmake" ]; optional = [ "cpack" "ctest" ]; debian = "cmake"; fedora = "cmake"; };
    ninja = { programs = { ninja = [ "ninja" "ninja-build" ]; }; debian = "ninja-build"; fedora = "ninja-build"; };
    meson = { programs = [ "meson" ]; debian = "meson"; fedora = "meson"; };
    pkg-config = { programs = [ "pkg-config" ]; debian = "pkgconf"; fedora = "pkgconf-pkg-config"; };
    jdk = { programs = [ "java" "javac" ]; optional = [ "jar" "javadoc" "jshell" "keytool" ]; main = "java"; debian = "default-jdk"; fedora = "java-latest-openjdk-devel"; };
    maven = { programs = [ "mvn" ]; main = "mvn"; debian = "maven"; fedora = "maven"; };

    # Containers and operations
    docker = { programs = [ "docker" ]; debian = "docker.io"; fedora = "moby-engine"; };
    docker-compose = { programs = [ "docker-compose" ]; debian = "docker-compose"; fedora = "docker-compose"; };
    podman = { programs = [ "podman" ]; debian = "podman"; fedora = "podman"; };
    buildah = { programs = [ "buildah" ]; debian = "buildah"; fedora = "buildah"; };
    distrobox = { programs = [ "distrobox" ]; optional = [ "distrobox-create" "distrobox-enter" "distrobox-export" "distrobox-list" "distrobox-rm" ]; debian = "distrobox"; fedora = "distrobox"; };
    kubectl = { programs = [ "kubectl" ]; debian = "kubernetes-client"; fedora = "kubernetes-client"; };
    kubernetes-helm = { programs = [ "helm" ]; main = "helm"; debian = null; fedora = "helm"; };
    k9s = { programs = [ "k9s" ]; debian = null; fedora = null; };
    ansible = { programs = [ "ansible" "ansible-playbook" ]; optional = [ "ansible-config" "ansible-doc" "ansible-galaxy" "ansible-inventory" "ansible-vault" ]; debian = "ansible"; fedora = "ansible"; };
    terraform = { programs = [ "terraform" ]; debian = null; fedora = null; };
    opentofu = { programs = [ "tofu" ]; main = "tofu"; debian = null; fedora = "opentofu"; };
    vagrant = { programs = [ "vagrant" ]; debian = "vagrant"; fedora = "vagrant"; };
    qemu = { programs = [ "qemu-img" ]; optional = [ "qemu-system-x86_64" "qemu-system-aarch64" "qemu-nbd" "qemu-io" ]; main = "qemu-img"; debian = "qemu-utils"; fedora = "qemu-img"; };
    awscli2 = { programs = [ "aws" ]; main = "aws"; debian = "awscli"; fedora = "awscli2"; };

    # Databases
    postgresql = { programs = [ "psql" ]; optional = [ "createdb" "createuser" "dropdb" "pg_dump" "pg_dumpall" "pg_isready" "pg_restore" ]; main = "psql"; debian = "postgresql-client"; fedora = "postgresql"; };
    mariadb = { programs = { mysql = [ "mariadb" "mysql" ]; }; optional = [ "mariadb" "mariadb-dump" "mysqldump" "mysqladmin" ]; main = "mysql"; debian = "mariadb-client"; fedora = "mariadb"; };
    redis = { programs = [ "redis-cli" ]; optional = [ "redis-server" "redis-benchmark" ]; main = "redis-cli"; debian = "redis-tools"; fedora = "redis"; };

    # Terminal and editors
    tmux = { programs = [ "tmux" ]; debian = "tmux"; fedora = "tmux"; };
    screen = { programs = [ "screen" ]; debian = "screen"; fedora = "screen"; };
    zellij = { programs = [ "zellij" ]; debian = null; fedora = "zellij"; };
    vim = { programs = [ "vim" ]; optional = [ "ex" "view" "vimdiff" "vimtutor" "xxd" ]; debian = "vim"; fedora = "vim-enhanced"; };
    neovim = { programs = [ "nvim" ]; main = "nvim"; debian = "neovim"; fedora = "neovim"; };
    emacs = { programs = [ "emacs" ]; optional = [ "emacsclient" "etags" ]; debian = "emacs"; fedora = "emacs"; };
    nano = { programs = [ "nano" ]; debian = "nano"; fedora = "nano"; };
    helix = { programs = { hx = [ "hx" "helix" ]; }; main = "hx"; debian = "hx"; fedora = "helix"; };
    micro = { programs = [ "micro" ]; debian = "micro"; fedora = "micro"; };
    htop = { programs = [ "htop" ]; debian = "htop"; fedora = "htop"; };
    btop = { programs = [ "btop" ]; debian = "btop"; fedora = "btop"; };
    ranger = { programs = [ "ranger" ]; debian = "ranger"; fedora = "ranger"; };
    lf = { programs = [ "lf" ]; debian = "lf"; fedora = "lf"; };
    fastfetch = { programs = [ "fastfetch" ]; debian = "fastfetch"; fedora = "fastfetch"; };
    hello = { programs = [ "hello" ]; debian = "hello"; fedora = "hello"; };
    cowsay = { programs = [ "cowsay" ]; debian = "cowsay"; fedora = "cowsay"; };
    alacritty = { programs = [ "alacritty" ]; debian = "alacritty"; fedora = "alacritty"; };
    kitty = { programs = [ "kitty" ]; optional = [ "kitten" ]; debian = "kitty"; fedora = "kitty"; };
    foot = { programs = [ "foot" ]; optional = [ "footclient" ]; debian = "foot"; fedora = "foot"; };

    # Mail, calendars, news
    isync = { programs = [ "mbsync" ]; main = "mbsync"; debian = "isync"; fedora = "isync"; };
    msmtp = { programs = [ "msmtp" ]; optional = [ "msmtpd" "msmtp-queue" "msmtpq" ]; debian = "msmtp"; fedora = "msmtp"; };
    notmuch = { programs = [ "notmuch" ]; debian = "notmuch"; fedora = "notmuch"; };
    mu = { programs = [ "mu" ]; debian = "maildir-utils"; fedora = "maildir-utils"; };
    neomutt = { programs = [ "neomutt" ]; debian = "neomutt"; fedora = "neomutt"; };
    aerc = { programs = [ "aerc" ]; debian = "aerc"; fedora = "aerc"; };
    offlineimap = { programs = [ "offlineimap" ]; debian = "offlineimap3"; fedora = "offlineimap"; };
    goimapnotify = { programs = [ "goimapnotify" ]; debian = "goimapnotify"; fedora = null; };
    vdirsyncer = { programs = [ "vdirsyncer" ]; debian = "vdirsyncer"; fedora = "vdirsyncer"; };
    khal = { programs = [ "khal" ]; optional = [ "ikhal" ]; debian = "khal"; fedora = "khal"; };
    newsboat = { programs = [ "newsboat" ]; optional = [ "podboat" ]; debian = "newsboat"; fedora = "newsboat"; };
    taskwarrior = { programs = [ "task" ]; main = "task"; debian = "taskwarrior"; fedora = "task"; };
    thunderbird = { programs = [ "thunderbird" ]; debian = "thunderbird"; fedora = "thunderbird"; };

    # Secrets
    gnupg = { programs = [ "gpg" ]; optional = [ "dirmngr" "gpg-agent" "gpg-connect-agent" "gpgconf" "gpgsm" "gpgtar" "gpgv" ]; main = "gpg"; debian = "gnupg"; fedora = "gnupg2"; };
    pass = { programs = [ "pass" ]; debian = "pass"; fedora = "pass"; };
    pinentry-curses = { programs = { pinentry-curses = [ "pinentry-curses" ]; pinentry = [ "pinentry-curses" ]; }; main = "pinentry-curses"; debian = "pinentry-curses"; fedora = "pinentry"; };
    keepassxc = { programs = [ "keepassxc" ]; optional = [ "keepassxc-cli" ]; debian = "keepassxc"; fedora = "keepassxc"; };
    bitwarden-cli = { programs = [ "bw" ]; main = "bw"; debian = null; fedora = null; };
    libsecret = { programs = [ "secret-tool" ]; main = "secret-tool"; debian = "libsecret-tools"; fedora = "libsecret"; };
    gnome-keyring = { programs = [ "gnome-keyring-daemon" ]; main = "gnome-keyring-daemon"; debian = "gnome-keyring"; fedora = "gnome-keyring"; };

    # Sound, pictures, video
    mpd = { programs = [ "mpd" ]; debian = "mpd"; fedora = "mpd"; };
    mpc = { programs = [ "mpc" ]; debian = "mpc"; fedora = "mpc"; };
    mpv = { programs = [ "mpv" ]; debian = "mpv"; fedora = "mpv"; };
    vlc = { programs = [ "vlc" ]; optional = [ "cvlc" ]; debian = "vlc"; fedora = "vlc"; };
    ffmpeg = { programs = [ "ffmpeg" ]; optional = [ "ffplay" "ffprobe" ]; debian = "ffmpeg"; fedora = "ffmpeg-free"; };
    imagemagick = { programs = { convert = [ "convert" "magick" ]; }; optional = [ "animate" "compare" "composite" "display" "identify" "import" "magick" "mogrify" "montage" ]; main = "convert"; debian = "imagemagick"; fedora = "ImageMagick"; };
    graphviz = { programs = [ "dot" ]; optional = [ "circo" "fdp" "neato" "twopi" ]; main = "dot"; debian = "graphviz"; fedora = "graphviz"; };
    pulseaudio = { programs = [ "pactl" ]; optional = [ "pacat" "pacmd" "paplay" "parec" "pulseaudio" ]; main = "pactl"; debian = "pulseaudio-utils"; fedora = "pulseaudio-utils"; };
    pipewire = { programs = [ "pipewire" ]; optional = [ "pw-cat" "pw-cli" "pw-dump" "pw-link" "pw-metadata" "pw-play" "pw-record" "pw-top" ]; debian = "pipewire"; fedora = "pipewire"; };
    wireplumber = { programs = [ "wpctl" ]; optional = [ "wireplumber" ]; main = "wpctl"; debian = "wireplumber"; fedora = "wireplumber"; };
    pamixer = { programs = [ "pamixer" ]; debian = "pamixer"; fedora = "pamixer"; };
    pavucontrol = { programs = [ "pavucontrol" ]; debian = "pavucontrol"; fedora = "pavucontrol"; };
    alsa-utils = { programs = [ "amixer" ]; optional = [ "alsactl" "alsamixer" "aplay" "arecord" "speaker-test" ]; main = "amixer"; debian = "alsa-utils"; fedora = "alsa-utils"; };
    playerctl = { programs = [ "playerctl" ]; optional = [ "playerctld" ]; debian = "playerctl"; fedora = "playerctl"; };
    feh = { programs = [ "feh" ]; debian = "feh"; fedora = "feh"; };
    easyeffects = { programs = [ "easyeffects" ]; debian = "easyeffects"; fedora = "easyeffects"; };

    # Desktop
    libnotify = { programs = [ "notify-send" ]; main = "notify-send"; debian = "libnotify-bin"; fedora = "libnotify"; };
    dunst = { programs = [ "dunst" ]; optional = [ "dunstctl" "dunstify" ]; debian = "dunst"; fedora = "dunst"; };
    mako = { programs = [ "mako" ]; optional = [ "makoctl" ]; debian = "mako-notifier"; fedora = "mako"; };
    swaynotificationcenter = { programs = [ "swaync" ]; optional = [ "swaync-client" ]; main = "swaync"; debian = "sway-notification-center"; fedora = "SwayNotificationCenter"; };
    sway = { programs = [ "sway" ]; optional = [ "swaybar" "swaymsg" "swaynag" ]; debian = "sway"; fedora = "sway"; };
    hyprland = { programs = { Hyprland = [ "Hyprland" "hyprland" ]; }; optional = [ "hyprctl" ]; main = "Hyprland"; debian = "hyprland"; fedora = "hyprland"; };
    swaybg = { programs = [ "swaybg" ]; debian = "swaybg"; fedora = "swaybg"; };
    swayidle = { programs = [ "swayidle" ]; debian = "swayidle"; fedora = "swayidle"; };
    swaylock = { programs = [ "swaylock" ]; debian = "swaylock"; fedora = "swaylock"; };
    waybar = { programs = [ "waybar" ]; debian = "waybar"; fedora = "waybar"; };
    kanshi = { programs = [ "kanshi" ]; optional = [ "kanshictl" ]; debian = "kanshi"; fedora = "kanshi"; };
    wlsunset = { programs = [ "wlsunset" ]; debian = "wlsunset"; fedora = "wlsunset"; };
    wl-clipboard = { programs = [ "wl-copy" "wl-paste" ]; main = "wl-copy"; debian = "wl-clipboard"; fedora = "wl-clipboard"; };
    cliphist = { programs = [ "cliphist" ]; debian = "cliphist"; fedora = "cliphist"; };
    grim = { programs = [ "grim" ]; debian = "grim"; fedora = "grim"; };
    slurp = { programs = [ "slurp" ]; debian = "slurp"; fedora = "slurp"; };
    wofi = { programs = [ "wofi" ]; debian = "wofi"; fedora = "wofi"; };
    fuzzel = { programs = [ "fuzzel" ]; debian = "fuzzel"; fedora = "fuzzel"; };
    rofi = { programs = [ "rofi" ]; debian = "rofi"; fedora = "rofi"; };
    dmenu = { programs = [ "dmenu" ]; optional = [ "dmenu_path" "dmenu_run" "stest" ]; debian = "suckless-tools"; fedora = "dmenu"; };
    i3 = { programs = [ "i3" ]; optional = [ "i3-msg" "i3-nagbar" "i3bar" ]; debian = "i3-wm"; fedora = "i3"; };
    i3status = { programs = [ "i3status" ]; debian = "i3status"; fedora = "i3status"; };
    polybar = { programs = [ "polybar" ]; optional = [ "polybar-msg" ]; debian = "polybar"; fedora = "polybar"; };
    picom = { programs = [ "picom" ]; debian = "picom"; fedora = "picom"; };
    redshift = { programs = [ "redshift" ]; optional = [ "redshift-gtk" ]; debian = "redshift"; fedora = "redshift"; };
    gammastep = { programs = [ "gammastep" ]; optional = [ "gammastep-indicator" ]; debian = "gammastep"; fedora = "gammastep"; };
    udiskie = { programs = [ "udiskie" ]; optional = [ "udiskie-mount" "udiskie-umount" ]; debian = "udiskie"; fedora = "udiskie"; };
    udisks = { programs = [ "udisksctl" ]; main = "udisksctl"; debian = "udisks2"; fedora = "udisks2"; };
    unison = { programs = [ "unison" ]; debian = "unison"; fedora = null; };
    brightnessctl = { programs = [ "brightnessctl" ]; debian = "brightnessctl"; fedora = "brightnessctl"; };
    xdg-utils = { programs = [ "xdg-open" ]; optional = [ "xdg-desktop-menu" "xdg-email" "xdg-icon-resource" "xdg-mime" "xdg-screensaver" "xdg-settings" ]; main = "xdg-open"; debian = "xdg-utils"; fedora = "xdg-utils"; };
    xdg-user-dirs = { programs = [ "xdg-user-dir" ]; optional = [ "xdg-user-dirs-update" ]; main = "xdg-user-dir"; debian = "xdg-user-dirs"; fedora = "xdg-user-dirs"; };
    glib = { programs = [ "gsettings" ]; optional = [ "gapplication" "gdbus" "gio" "gresource" ]; main = "gsettings"; debian = "libglib2.0-bin"; fedora = "glib2"; };
    dconf = { programs = [ "dconf" ]; debian = "dconf-cli"; fedora = "dconf"; };
    xclip = { programs = [ "xclip" ]; debian = "xclip"; fedora = "xclip"; };
    xsel = { programs = [ "xsel" ]; debian = "xsel"; fedora = "xsel"; };
    xdotool = { programs = [ "xdotool" ]; debian = "xdotool"; fedora = "xdotool"; };
    xss-lock = { programs = [ "xss-lock" ]; debian = "xss-lock"; fedora = "xss-lock"; };
    i3lock = { programs = [ "i3lock" ]; debian = "i3lock"; fedora = "i3lock"; };
    xautolock = { programs = [ "xautolock" ]; debian = "xautolock"; fedora = "xautolock"; };
    sxhkd = { programs = [ "sxhkd" ]; debian = "sxhkd"; fedora = "sxhkd"; };
    unclutter = { programs = [ "unclutter" ]; debian = "unclutter"; fedora = "unclutter"; };
    scrot = { programs = [ "scrot" ]; debian = "scrot"; fedora = "scrot"; };
    flameshot = { programs = [ "flameshot" ]; debian = "flameshot"; fedora = "flameshot"; };
    setxkbmap = xorgProgram "setxkbmap" "x11-xkb-utils";
    firefox = { programs = { firefox = [ "firefox" "firefox-esr" ]; }; debian = "firefox-esr"; fedora = "firefox"; };
    chromium = { programs = { chromium = [ "chromium" "chromium-browser" ]; }; debian = "chromium"; fedora = "chromium"; };
    flatpak = { programs = [ "flatpak" ]; debian = "flatpak"; fedora = "flatpak"; };
    kdeconnect = { programs = [ "kdeconnect-cli" ]; optional = [ "kdeconnectd" "kdeconnect-indicator" ]; main = "kdeconnect-cli"; debian = "kdeconnect"; fedora = "kdeconnectd"; };
    nextcloud-client = { programs = [ "nextcloud" ]; optional = [ "nextcloudcmd" ]; main = "nextcloud"; debian = "nextcloud-desktop"; fedora = "nextcloud-client"; };
    blueman = { programs = [ "blueman-applet" ]; optional = [ "blueman-manager" ]; main = "blueman-applet"; debian = "blueman"; fedora = "blueman"; };
    bluez = { programs = [ "bluetoothctl" ]; main = "bluetoothctl"; debian = "bluez"; fedora = "bluez"; };
  };

  scopes.xorg = {
    setxkbmap = xorgProgram "setxkbmap" "x11-xkb-utils";
    xauth = xorgProgram "xauth" "xauth";
    xdpyinfo = xtool "xdpyinfo";
    xev = xtool "xev";
    xhost = xutil "xhost";
    xinit = { programs = [ "xinit" ]; optional = [ "startx" ]; debian = "xinit"; fedora = "xorg-x11-xinit"; };
    xinput = xorgProgram "xinput" "xinput";
    xkbcomp = xorgProgram "xkbcomp" "x11-xkb-utils";
    xkill = xtool "xkill";
    xmodmap = xutil "xmodmap";
    xprop = xtool "xprop";
    xrandr = xutil "xrandr";
    xrdb = xutil "xrdb";
    xset = xutil "xset";
    xsetroot = xutil "xsetroot";
    xwininfo = xtool "xwininfo";
  };
}
