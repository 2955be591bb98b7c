with import ../prelude.nix;
{
  systemd.user.services.a = service "new" { Service = { Type = "notify"; TimeoutStartSec = "infinity"; }; };
  systemd.user.services.b = service "new" { };
}
