{ pkgs, ... }:
{
  home.packages = [
    (pkgs.writeShellScriptBin "same" "echo 1")
    (pkgs.writeTextFile { name = "other"; destination = "/bin/same"; text = "2"; })
  ];
}
