with import ../prelude.nix;
{
  systemd.user.services.a = service "same" { Service.Environment = ''"A=1" "B=two words"''; Service.ExecStart = ''"/bin/sleep" 'infinity' ''; };
}
