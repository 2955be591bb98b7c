with import ../prelude.nix;
{
  systemd.user.targets.mine = join wanted { Unit.Wants = "b.service"; };
  systemd.user.services.a = idle "same" { Install.WantedBy = [ "mine.target" ]; };
  systemd.user.services.b = idle "same" { };
}
