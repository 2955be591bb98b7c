with import ../prelude.nix;
{
  systemd.user.services.a = service "old" { Service = { ExecStart = "/bin/false"; Restart = "always"; RestartSec = 0; }; };
}
