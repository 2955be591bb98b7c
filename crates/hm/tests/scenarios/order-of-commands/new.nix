with import ../prelude.nix;
{
  systemd.user.services.a = idle "same" (join wanted { Service.ExecStartPre = [ (note "two") (note "one") ]; });
}
