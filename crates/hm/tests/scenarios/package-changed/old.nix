{ pkgs, ... }:
with import ../prelude.nix;
{
  systemd.user.packages = [ (pkgs.writeTextDir "share/systemd/user/p.service" ''
    [Service]
    ExecStartPre=${note "start %n old"}
    ExecStart=/bin/sleep infinity
    ExecStop=${note "stop %n old"}
  '') ];
  systemd.user.services.p.wantedBy = [ "default.target" ];
}
