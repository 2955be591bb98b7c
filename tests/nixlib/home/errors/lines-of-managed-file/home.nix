# Who manages a file as a whole puts the lines there.
{
  home.file.".bashrc".text = "alias ls='ls --color'\n";
  home.file.".config/app".source = ./.;
  hm.lines.".bashrc".text = "alias ll='ls -l'\n";
  hm.lines.".config/app/rc".text = "on\n";
}
