with import ../prelude.nix;
{
  systemd.user.services.a = { Service.Type = "simple"; } // wanted;
}
