with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Unit = { Description = "New"; Documentation = "man:sleep(1)"; }; };
}
