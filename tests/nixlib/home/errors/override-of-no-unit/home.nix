{
  systemd.user.overrides.pipewire.Service.Nice = 1;
}
