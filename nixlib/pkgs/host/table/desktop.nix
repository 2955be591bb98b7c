# Host packages: terminals, editors, mail, secrets, sound, pictures, desktops.
{
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
  setxkbmap = { programs = [ "setxkbmap" ]; debian = "x11-xkb-utils"; fedora = "setxkbmap"; };
  firefox = { programs = { firefox = [ "firefox" "firefox-esr" ]; }; debian = "firefox-esr"; fedora = "firefox"; };
  chromium = { programs = { chromium = [ "chromium" "chromium-browser" ]; }; debian = "chromium"; fedora = "chromium"; };
  flatpak = { programs = [ "flatpak" ]; debian = "flatpak"; fedora = "flatpak"; };
  kdeconnect = { programs = [ "kdeconnect-cli" ]; optional = [ "kdeconnectd" "kdeconnect-indicator" ]; main = "kdeconnect-cli"; debian = "kdeconnect"; fedora = "kdeconnectd"; };
  nextcloud-client = { programs = [ "nextcloud" ]; optional = [ "nextcloudcmd" ]; main = "nextcloud"; debian = "nextcloud-desktop"; fedora = "nextcloud-client"; };
  blueman = { programs = [ "blueman-applet" ]; optional = [ "blueman-manager" ]; main = "blueman-applet"; debian = "blueman"; fedora = "blueman"; };
  bluez = { programs = [ "bluetoothctl" ]; main = "bluetoothctl"; debian = "bluez"; fedora = "bluez"; };
}
