{
  hm.lines."../shared".text = "on\n";
  hm.lines."/etc/profile".text = "on\n";
  hm.lines."a/./b".text = "on\n";
}
