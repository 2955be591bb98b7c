with import ../prelude.nix;
{
  systemd.user.slices.small.Slice.TasksMax = 200;
  systemd.user.services.a = service "same" { Service.Slice = "small.slice"; };
}
