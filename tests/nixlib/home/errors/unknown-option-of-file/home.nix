{
  home.file.greeting.txt = "hello";
}
