//! Moving in where home-manager was, and uninstalling.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::support::{HM, Home, Run, listing, manager};

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

/// A home as home-manager leaves it: its profile, and links to the files of a generation that has no manifest. It is built
/// by `build`, which makes the link `kept`.
fn managed_by_home_manager(home: &Path, build: impl FnOnce()) {
    build();
    let link = fs::read_link(home.join("kept")).unwrap();
    let files = fs::read_link(link.join("home-files")).unwrap();
    let generation = home.join(".local/generation");
    let profiles = home.join(".local/state/nix/profiles");
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
    managed_by_home_manager(&home.path(), || {
        home.configure(MINE);
        home.hm(&["build", "--out-link", "kept"]).ended(0);
    });
    home.write("foreign", "mine");
    let before = home_of(&home);
    home.configure(
        r##"{ pkgs, ... }: {
  home.file.".vimrc".text = "set nonumber\n";
  home.file."bin/other" = { text = "#!/bin/sh\n"; executable = true; };
}
"##,
    );
    // The first switch comes from home-manager's generation, and so does the comparison.
    let said = home.hm(&["diff"]).ended(0);
    let told: Vec<&str> = said.lines().filter(|line| !line.contains("closure:")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    the generation of home-manager -> the configuration

    packages: 1 added
      [A*] hm-session-vars.sh  <none>
      home.packages only: no store's database knows the generation of home-manager, so its size and what it depends on are unknown

    units: 1 removed
      - hello.service
    @no manager@; what a switch would do to units is not known

    files: 1 changed, 1 added, 2 removed
      ~ .vimrc (text, 11 bytes -> 13 bytes)
        @@ -1 +1 @@
        -set number
        +set nonumber
      + bin/other (text, 10 bytes)
      - bin/tool (text, 10 bytes)
      - same (text, 9 bytes)
    ");
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

const RUNNING: &str = r#"{ pkgs, ... }: {
  systemd.user.services.stays = {
    Service.ExecStart = "${pkgs.coreutils}/bin/sleep infinity";
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

#[test]
fn what_runs_goes_on_when_home_manager_is_taken_over_from_and_stops_in_the_end() {
    let Some(manager) = manager() else { return };
    let hm = |arguments: &[&str]| {
        let mut command = manager.command(HM);
        command.args(arguments).current_dir(manager.home());
        Run::of(&mut command, &manager.home())
    };
    let state = || {
        (manager.property("stays.service", "ActiveState"), manager.property("stays.service", "InvocationID"))
    };
    managed_by_home_manager(&manager.home(), || {
        let configuration = manager.home().join(".config/hm/home.nix");
        fs::create_dir_all(configuration.parent().unwrap()).unwrap();
        fs::write(configuration, RUNNING).unwrap();
        hm(&["build", "--out-link", "kept"]).ended(0);
    });
    manager.systemctl(&["daemon-reload"]);
    manager.systemctl(&["start", "stays.service"]);
    let before = state();
    assert_eq!(before.0, "active");
    hm(&["switch"]).ended(0);
    assert_eq!(state(), before);
    // Back to home-manager, whose unit it was: it goes on again.
    hm(&["uninstall", "--yes"]).ended(0);
    assert_eq!(state(), before);
    fs::remove_file(manager.home().join(".local/state/nix/profiles/home-manager")).unwrap();
    hm(&["switch"]).ended(0);
    let said = hm(&["uninstall", "--yes"]).ended(0);
    assert!(said.contains("stopped stays.service"), "{said}");
    assert_eq!(state().0, "inactive");
    assert_eq!(manager.property("stays.service", "LoadState"), "not-found");
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
    for reads in ["generations", "status"] {
        let said = home.hm(&[reads]).complained(0);
        assert!(said.contains("warning: giving the home back was interrupted or is under way"), "{said}");
    }
    let said = home.hm(&["switch", "--dry-run"]);
    assert!(said.stderr.contains("giving the home back has not come to its end"), "{}", said.stderr);
    let said = home.hm(&["switch"]).complained(0);
    assert!(said.contains("completing an interrupted uninstallation"), "{said}");
    assert!(home.path().join(".vimrc").exists() && profile.exists());
    assert!(!home.path().join(".local/state/hm/journal.json").exists());
    home.hm(&["uninstall", "--yes"]).ended(0);
    assert!(!home.path().join(".local/share/hm").exists());
}
