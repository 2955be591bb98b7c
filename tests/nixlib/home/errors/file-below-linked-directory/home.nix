{
  home.file.dir.source = ./.;
  home.file."dir/inner".text = "";
}
