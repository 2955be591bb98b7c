with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Service.Environment = [ "B=1" "" "A=1" ]; };
}
