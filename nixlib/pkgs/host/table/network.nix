# Host packages: networks, backups, Nix, containers, databases.
{
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
}
