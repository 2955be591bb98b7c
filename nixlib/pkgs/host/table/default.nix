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
#
# The names are listed here by topic, and a topic's file is read when one of its packages is first
# used: most configurations use few of them.
let
  topics = {
    base = [
      "bash" "bashInteractive" "busybox" "dash" "fish" "nushell" "zsh" "coreutils" "coreutils-full"
      "findutils" "diffutils" "gnugrep" "gnused" "gawk" "gnutar" "gnumake" "gnupatch" "gettext" "ncurses"
      "util-linux" "procps" "psmisc" "inetutils" "iproute2" "iputils" "systemd" "dbus" "which" "file" "less"
      "man" "man-db" "bc" "cron" "parallel" "moreutils" "tree" "lsof" "strace" "pv" "rlwrap" "shellcheck"
      "shfmt"
    ];
    text = [
      "gzip" "bzip2" "xz" "zstd" "zip" "unzip" "p7zip" "lz4" "pigz" "ripgrep" "fd" "fzf" "bat" "eza" "jq"
      "yq-go" "miller" "pandoc" "sqlite" "zoxide" "direnv" "starship" "inotify-tools" "entr" "watchexec"
    ];
    network = [
      "curl" "wget" "aria2" "yt-dlp" "openssh" "autossh" "mosh" "sshfs" "fuse3" "fuse" "rsync" "rclone"
      "socat" "netcat" "nmap" "bind" "dnsutils" "openssl" "wireguard-tools" "tailscale" "networkmanager"
      "networkmanagerapplet" "syncthing" "transmission" "restic" "borgbackup" "borgmatic" "duplicity"
      "rsnapshot" "nix" "nix-index" "attic" "attic-client" "cachix" "sops" "age" "docker" "docker-compose"
      "podman" "buildah" "distrobox" "kubectl" "kubernetes-helm" "k9s" "ansible" "terraform" "opentofu"
      "vagrant" "qemu" "awscli2" "postgresql" "mariadb" "redis"
    ];
    development = [
      "git" "gitFull" "gitMinimal" "git-lfs" "gh" "mercurial" "subversion" "lazygit" "tig" "delta" "python3"
      "python39" "python310" "python311" "python312" "python313" "python314" "pipx" "uv" "nodejs" "yarn"
      "deno" "perl" "ruby" "lua" "luajit" "php" "go" "rustc" "cargo" "rustfmt" "rust-analyzer" "gcc" "gcc12"
      "gcc13" "gcc14" "clang" "clang_15" "clang_16" "clang_17" "gdb" "cmake" "ninja" "meson" "pkg-config"
      "jdk" "maven"
    ];
    desktop = [
      "tmux" "screen" "zellij" "vim" "neovim" "emacs" "nano" "helix" "micro" "htop" "btop" "ranger" "lf"
      "fastfetch" "hello" "cowsay" "alacritty" "kitty" "foot" "isync" "msmtp" "notmuch" "mu" "neomutt" "aerc"
      "offlineimap" "goimapnotify" "vdirsyncer" "khal" "newsboat" "taskwarrior" "thunderbird" "gnupg" "pass"
      "pinentry-curses" "keepassxc" "bitwarden-cli" "libsecret" "gnome-keyring" "mpd" "mpc" "mpv" "vlc"
      "ffmpeg" "imagemagick" "graphviz" "pulseaudio" "pipewire" "wireplumber" "pamixer" "pavucontrol"
      "alsa-utils" "playerctl" "feh" "easyeffects" "libnotify" "dunst" "mako" "swaynotificationcenter" "sway"
      "hyprland" "swaybg" "swayidle" "swaylock" "waybar" "kanshi" "wlsunset" "wl-clipboard" "cliphist" "grim"
      "slurp" "wofi" "fuzzel" "rofi" "dmenu" "i3" "i3status" "polybar" "picom" "redshift" "gammastep"
      "udiskie" "udisks" "unison" "brightnessctl" "xdg-utils" "xdg-user-dirs" "glib" "dconf" "xclip" "xsel"
      "xdotool" "xss-lock" "i3lock" "xautolock" "sxhkd" "unclutter" "scrot" "flameshot" "setxkbmap" "firefox"
      "chromium" "flatpak" "kdeconnect" "nextcloud-client" "blueman" "bluez"
    ];
  };

  xorg = [
    "setxkbmap" "xauth" "xdpyinfo" "xev" "xhost" "xinit" "xinput" "xkbcomp" "xkill" "xmodmap" "xprop" "xrandr"
    "xrdb" "xset" "xsetroot" "xwininfo"
  ];

  # NAME -> entry, for names that a file has.
  entriesOf =
    file: names:
    let
      entries = import file;
    in
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = entries.${name};
      }) names
    );
in
{
  packages = builtins.foldl' (all: topic: all // entriesOf (./. + "/${topic}.nix") topics.${topic}) { } (
    builtins.attrNames topics
  );

  scopes.xorg = entriesOf ./xorg.nix xorg;

  # For the test that names and files agree.
  inherit topics;
}
