with import ../prelude.nix;
{
  home.file.".config/systemd/user/a.service".text = ''
    # What it is for.
    [Service]
    Environment = A=1
    ExecStart = /bin/sleep infinity
  
    [Unit]
    ; The rest.
    After = b.service
    Description = A
  '';
  systemd.user.services.b = service "new" { };
}
