//! The configurations of the scenarios, and a home that another program has had before.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

pub(super) const SIMPLE: &str = r#"{ pkgs, ... }: {
  home.file.greeting.text = "hello\n";
  home.file."d/e/deep".text = "deep\n";
  xdg.configFile."tool/settings".text = "set\n";
  systemd.user.services.greet = {
    Unit.Description = "Greet";
    Service.ExecStart = "${pkgs.writeShellScript "greet" "echo hello"}";
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

pub(super) const BEFORE: &str = r#"{ pkgs, ... }:
let
  service = text: {
    Service.ExecStart = "${pkgs.writeShellScript "service" "echo ${text}"}";
    Install.WantedBy = [ "default.target" ];
  };
in {
  home.file = {
    same.text = "same\n";
    changed.text = "one\n";
    gone.text = "gone\n";
    "deep/er/gone".text = "gone\n";
    "dir/one".text = "one\n";
    "dir/two/three".text = "three\n";
    link.source = ./tree;
    script = { text = "exec true\n"; executable = true; };
  };
  systemd.user.services = { stays = service "same"; changes = service "one"; goes = service "bye"; };
}
"#;

pub(super) const AFTER: &str = r#"{ pkgs, ... }:
let
  service = text: {
    Service.ExecStart = "${pkgs.writeShellScript "service" "echo ${text}"}";
    Install.WantedBy = [ "default.target" ];
  };
in {
  home.file = {
    same.text = "same\n";
    changed.text = "two\n";
    new.text = "new\n";
    "new-dir/x".text = "x\n";
    dir.source = ./tree;
    "link/now/dir".text = "dir\n";
    "link/two".text = "two\n";
    adopted.text = "the very same\n";
    backed.text = "ours\n";
    "full/backed".text = "ours\n";
    forced = { text = "ours\n"; force = true; };
    script = { text = "exec true\n"; executable = true; };
  };
  systemd.user.services = { stays = service "same"; changes = service "two"; comes = service "hi"; };
}
"#;

pub(super) const NOTHING: &str = "{ }\n";

/// Files that the user may edit, and lines in files that are the user's.
pub(super) const COPIES: &str = r#"{
  home.file = {
    copied = { text = "one\n"; mode = "copy"; };
    edited = { text = "one\n"; mode = "copy"; };
    "sub/goes" = { text = "bye\n"; mode = "copy"; };
    linked.text = "linked\n";
    becomes-link = { text = "copy\n"; mode = "copy"; };
    becomes-copy.text = "link\n";
  };
  hm.lines.".bashrc".text = "alias a=b";
  hm.lines.".goes".text = "bye";
}
"#;

pub(super) const COPIES_AFTER: &str = r#"{
  home.file = {
    copied = { text = "two\n"; mode = "copy"; };
    edited = { text = "one\n"; mode = "copy"; };
    comes = { text = "hi\n"; mode = "copy"; };
    linked.text = "linked\n";
    becomes-link.text = "copy\n";
    becomes-copy = { text = "link\n"; mode = "copy"; };
    taken = { text = "taken\n"; mode = "copy"; };
  };
  home.sessionVariables.EDITOR = "vi";
  hm.lines.".bashrc".text = "alias a=c";
  hm.lines.".comes".text = "hi";
}
"#;

/// A home as home-manager leaves it: its profile, and links to the files of a generation that has no manifest. They are
/// those that `hm build` has made.
pub(super) fn as_home_manager(home: &Path) {
    let files = fs::read_link(fs::read_link(home.join("kept")).unwrap().join("home-files")).unwrap();
    let (generation, profiles) = (home.join(".local/generation"), home.join(".local/state/nix/profiles"));
    for dir in [&generation, &profiles] {
        fs::create_dir_all(dir).unwrap();
    }
    symlink(&files, generation.join("home-files")).unwrap();
    symlink(&generation, profiles.join("home-manager-3-link")).unwrap();
    symlink("home-manager-3-link", profiles.join("home-manager")).unwrap();
    link_all(&files, home);
}

fn link_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.symlink_metadata().unwrap().is_dir() {
            fs::create_dir_all(&place).unwrap();
            link_all(&path, &place);
        } else {
            symlink(&path, place).unwrap();
        }
    }
}
