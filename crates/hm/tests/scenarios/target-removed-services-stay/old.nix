with import ../prelude.nix;
{
  systemd.user.targets.mine = wanted;
  systemd.user.services.a = idle "same" { Install.WantedBy = [ "mine.target" ]; };
}
