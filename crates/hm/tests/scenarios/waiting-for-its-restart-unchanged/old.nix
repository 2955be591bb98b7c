with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Service = { Restart = "always"; RestartSec = 3600; }; };
}
