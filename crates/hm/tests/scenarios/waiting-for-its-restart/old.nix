with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Service = { Restart = "always"; RestartSec = 3600; }; };
}
