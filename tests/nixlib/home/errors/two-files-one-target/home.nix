{
  home.file.a.text = "a";
  xdg.configFile.b = {
    text = "b";
    target = "../a";
  };
}
