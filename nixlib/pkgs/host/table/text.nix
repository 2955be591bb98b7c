# Host packages: archives, and programs that search, show and change text and data.
{
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
}
