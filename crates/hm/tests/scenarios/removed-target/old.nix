with import ../prelude.nix;
{
  systemd.user.targets.mine = wanted;
  systemd.user.services.a = idle "old" { Install.WantedBy = [ "mine.target" ]; };
  systemd.user.services.b = idle "old" { Install.WantedBy = [ "mine.target" ]; };
}
