//! Moving in where home-manager was, and uninstalling.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::{Home, listing};

const MINE: &str = r##"{ pkgs, ... }: {
  home.file.".vimrc".text = "set number\n";
  home.file."same".text = "the same\n";
  home.file."bin/tool" = { text = "#!/bin/sh\n"; executable = true; };
  systemd.user.services.hello.Service.ExecStart = "${pkgs.coreutils}/bin/true";
}
"##;

/// The home but for the store and what is hm's own, which `hm` may keep where it will.
fn home_of(home: &Home) -> BTreeMap<String, String> {
    let mut all = listing(&home.path());
    all.retain(|path, _| !path.starts_with(".local") && !path.starts_with(".config/hm"));
    all
}

#[test]
fn a_home_is_given_back_as_it_was() {
    let home = Home::new();
    home.write(".vimrc", "mine");
    home.write("same", "the same\n");
    home.configure(MINE);
    let before = home.listing();
    home.hm(&["switch", "--backup"]).ended(0);
    home.configure(&MINE.replace("number", "nonumber"));
    home.hm(&["switch"]).ended(0);
    home.configure(MINE);
    insta::assert_snapshot!(home.hm(&["uninstall", "--dry-run"]).ended(0), @r"
    would give the home back:
    copy        same (in the place of a link)
    remove      .config/systemd/user/hello.service
    put back    .vimrc (from .vimrc.backup)
    remove      bin/tool
    remove dir  bin/
    remove dir  .config/systemd/user/
    remove dir  .config/systemd/
    @no manager@; no unit was started or stopped
    remove      the store @home@/.local/share/hm/nix
    ");
    let said = home.hm(&["uninstall"]).complained(1);
    insta::assert_snapshot!(said, @r"
    error: there is no terminal to ask on: Give the home back: 4 files, 1 unit and all generations with the store go?
    hint: pass --yes to go ahead without being asked
    ");
    insta::assert_snapshot!(home.hm(&["uninstall", "--yes"]).ended(0), @r"
    gave the home back: 2 links removed; 1 file copied; 1 file put back
    @no manager@; no unit was started or stopped
    ");
    assert_eq!(home.listing(), before);
    assert_eq!(home.hm(&["uninstall", "--yes"]).ended(0), "hm manages nothing in this home");
    assert_eq!(home.listing(), before);
}

#[test]
fn a_store_that_others_use_stays() {
    let home = Home::new();
    home.configure(MINE);
    home.hm(&["switch"]).ended(0);
    home.hm(&["build"]).ended(0);
    let said = home.hm(&["uninstall", "--yes"]).complained(0);
    insta::assert_snapshot!(said, @"warning: the store @home@/.local/share/hm/nix stays, because it is in use by @home@/result");
    assert!(home.path().join("result/manifest.json").exists());
    assert!(!home.path().join(".local/state/hm").exists());
}

/// A home as home-manager leaves it: its profile, and links to the files of a generation that has no manifest.
fn managed_by_home_manager(home: &Home, configuration: &str) -> PathBuf {
    home.configure(configuration);
    let built = PathBuf::from(home.hm(&["build", "--out-link", "kept"]).ended(0));
    let link = fs::read_link(home.path().join("kept")).unwrap();
    assert!(built.ends_with("home-manager-generation") || link.exists());
    let files = fs::read_link(link.join("home-files")).unwrap();
    let generation = home.path().join(".local/generation");
    let profiles = home.path().join(".local/state/nix/profiles");
    for dir in [&generation, &profiles] {
        fs::create_dir_all(dir).unwrap();
    }
    symlink(&files, generation.join("home-files")).unwrap();
    symlink(&generation, profiles.join("home-manager-3-link")).unwrap();
    symlink("home-manager-3-link", profiles.join("home-manager")).unwrap();
    link_all(&files, &home.path());
    files
}

fn link_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name())
        };
        if path.symlink_metadata().unwrap().is_dir() {
            fs::create_dir_all(to.join(&name)).unwrap();
            link_all(&path, &to.join(&name));
        } else {
            symlink(&path, to.join(&name)).unwrap();
        }
    }
}

#[test]
fn home_manager_is_taken_over_from_and_gets_the_home_back() {
    let home = Home::new();
    managed_by_home_manager(&home, MINE);
    home.write("foreign", "mine");
    let before = home_of(&home);
    home.configure(
        r##"{ pkgs, ... }: {
  home.file.".vimrc".text = "set nonumber\n";
  home.file."bin/other" = { text = "#!/bin/sh\n"; executable = true; };
}
"##,
    );
    insta::assert_snapshot!(home.hm(&["switch", "--dry-run"]).ended(0), @r"
    would switch to generation 1:
    link        bin/other
    relink      .vimrc
    remove      .config/systemd/user/hello.service
    remove      bin/tool
    remove      same
    @no manager@; no unit was started or stopped
    ");
    let run = home.hm(&["switch"]);
    insta::assert_snapshot!(format!("{}\n--\n{}", run.stdout, run.stderr), @r"
    switched to generation 1: 1 link created, 1 replaced, 3 removed
    @no manager@; no unit was started or stopped
    --
    taking over from home-manager: 4 files and 1 unit of @home@/.local/generation
    `hm uninstall` gives them back; packages that home-manager put into the Nix profile stay there
    ");
    let after = home_of(&home);
    assert!(!after.contains_key("same") && !after.contains_key("bin/tool"));
    assert_eq!(after["foreign"], before["foreign"]);
    insta::assert_snapshot!(home.hm(&["uninstall", "--yes"]).ended(0), @r"
    gave the home back to home-manager (@home@/.local/generation): 3 links created, 1 replaced, 1 removed
    @no manager@; no unit was started or stopped
    ");
    assert_eq!(home_of(&home), before);
    // And it can begin anew.
    assert!(home.hm(&["switch"]).complained(0).contains("taking over from home-manager"));
}

#[test]
fn an_interrupted_uninstallation_does_not_keep_one_from_switching() {
    let home = Home::new();
    home.configure(MINE);
    home.hm(&["switch"]).ended(0);
    let profile = home.path().join(".local/state/nix/profiles/hm");
    let link = profile.with_file_name("hm-1-link");
    let generation = fs::read_link(&link).unwrap();
    // As if it had been killed while the store was being removed.
    let journal = serde_json::json!({
        "version": 2, "token": "t", "home": home.path(), "profile": profile,
        "work": { "leave": {
            "old": { "id": 1, "path": generation }, "backTo": null, "store": home.path().join(".local/share/hm/nix"),
            "plan": { "homeFiles": "", "steps": [], "unchanged": 0 },
        } },
    });
    home.write(".local/state/hm/journal.json", &journal.to_string());
    fs::remove_file(&profile).unwrap();
    fs::remove_dir_all(fs::read_link(generation.join("home-files")).unwrap()).unwrap();
    let said = home.hm(&["switch", "--dry-run"]);
    assert!(said.stderr.contains("giving the home back has not come to its end"), "{}", said.stderr);
    let said = home.hm(&["switch"]).complained(0);
    assert!(said.contains("completing an interrupted uninstallation"), "{said}");
    assert!(home.path().join(".vimrc").exists() && profile.exists());
    assert!(!home.path().join(".local/state/hm/journal.json").exists());
    home.hm(&["uninstall", "--yes"]).ended(0);
    assert!(!home.path().join(".local/share/hm").exists());
}
