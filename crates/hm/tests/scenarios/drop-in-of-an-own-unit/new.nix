with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { };
  systemd.user.overrides."a.service".Service.Environment = "A=1";
}
