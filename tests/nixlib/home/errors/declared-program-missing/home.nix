{ pkgs, ... }:
{
  hm.hostPackages.tool.tool = "/nonexistent/tool";
  systemd.user.services.tool.Service.ExecStart = "${pkgs.tool}/bin/tool";
}
