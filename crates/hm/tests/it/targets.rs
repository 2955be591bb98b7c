//! Where files go and what they may be: copies that are edited, directories outside the home.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::Home;

#[test]
fn a_copy_is_the_users_to_edit() {
    let home = Home::new();
    let configuration = |text: &str| {
        format!(
            "{{ home.file.settings = {{ text = \"{text}\"; mode = \"copy\"; }};\n  xdg.configFile.tree = {{ source = ./tree; mode = \"copy\"; }}; }}\n"
        )
    };
    home.write(".config/hm/tree/one", "1");
    home.write(".config/hm/tree/deep/two", "2");
    home.configure(&configuration("theirs"));
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0), @"switched to generation 1: 3 files copied");
    let read = |path: &str| fs::read_to_string(home.path().join(path)).unwrap();
    assert_eq!((read("settings"), read(".config/tree/deep/two")), ("theirs".to_owned(), "2".to_owned()));
    home.write("settings", "mine");
    for text in ["theirs", "newer"] {
        home.configure(&configuration(text));
        let said = home.hm(&["switch"]).complained(0);
        assert_eq!(said, "warning: settings was edited since it was copied, and was kept as it is");
    }
    home.write(".config/hm/tree/one", "changed");
    insta::assert_snapshot!(home.hm(&["switch", "--dry-run"]).ended(0), @r"
    would switch to generation 3:
    copy anew   .config/tree/one
    keep        settings (edited since it was copied)
    ");
    home.hm(&["switch"]).ended(0);
    assert_eq!((read("settings"), read(".config/tree/one")), ("mine".to_owned(), "changed".to_owned()));
    home.configure("{ }\n");
    insta::assert_snapshot!(home.hm(&["switch"]).complained(0), @"warning: settings is no longer as hm made it and was left alone");
    assert!(!home.path().join(".config/tree").exists());
}

#[test]
fn a_directory_outside_the_home_has_to_be_trusted() {
    let home = Home::new();
    let outside = tempfile::tempdir().unwrap();
    let data = outside.path().canonicalize().unwrap().join("config");
    fs::create_dir(&data).unwrap();
    symlink(&data, home.path().join(".config")).unwrap();
    let configuration = |trusted: &str| {
        format!("{{ xdg.configFile.greeting.text = \"hello\"; home.trustedParents = [ {trusted} ]; }}\n")
    };
    home.configure(&configuration(""));
    let hide = |text: String| text.replace(data.to_str().unwrap(), "@data@");
    insta::assert_snapshot!(hide(home.hm(&["switch"]).complained(1)), @r#"
    error: one target cannot be written; nothing was changed
    - .config/greeting would be written outside the home: .config is a link to @data@; if that is meant, set `home.trustedParents = [ "@data@" ];`
      .config/greeting is defined at @home@/.config/hm/home.nix:1:3
    "#);
    assert!(!data.join("greeting").exists());
    home.configure(&configuration(&format!("\"{}\"", data.display())));
    home.hm(&["switch"]).ended(0);
    assert_eq!(fs::read_to_string(data.join("greeting")).unwrap(), "hello");
    // What was put there while it was trusted goes also when it is trusted no more.
    home.configure("{ }\n");
    home.hm(&["switch"]).ended(0);
    assert!(!data.join("greeting").exists() && data.join("hm/home.nix").exists());
}
