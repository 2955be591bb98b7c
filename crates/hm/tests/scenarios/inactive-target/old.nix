with import ../prelude.nix;
{
  systemd.user.targets.mine.Unit.Description = "Mine";
}
