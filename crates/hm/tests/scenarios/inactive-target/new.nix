with import ../prelude.nix;
{
  systemd.user.targets.mine.Unit.Description = "Mine";
  systemd.user.services.a = idle "new" { Install.WantedBy = [ "mine.target" ]; };
}
