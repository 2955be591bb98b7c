{
  home.file.inside.text = "";
  home.file."sub/../../outside".text = "";
}
