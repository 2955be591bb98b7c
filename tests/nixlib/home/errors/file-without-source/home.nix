{
  home.file.empty = { };
}
