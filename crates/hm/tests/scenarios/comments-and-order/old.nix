with import ../prelude.nix;
{
  home.file.".config/systemd/user/a.service".text = ''
    [Unit]
    Description=A
    After=b.service
    [Service]
    ExecStart=/bin/sleep infinity
    Environment=A=1
  '';
  systemd.user.services.b = service "old" { };
}
