with import ../prelude.nix;
{
  systemd.user.targets.mine = wanted;
  systemd.user.services.a = idle "new" { Install.WantedBy = [ "mine.target" ]; };
  systemd.user.services.b = idle "new" { Install.WantedBy = [ "mine.target" ]; };
}
