//! Generations that go, links that are repaired, and garbage that is collected.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{HM, Home, Run, manager};

/// A home with three generations, the last of which is current. They have a unit in common.
fn three() -> Home {
    let home = Home::new();
    for number in 1..=3 {
        configure(&home, number);
        home.hm(&["switch"]).ended(0);
    }
    home
}

fn configure(home: &Home, number: u32) {
    home.configure(&format!(
        r#"{{ pkgs, ... }}: {{
  home.file.number.text = "{number}";
  home.file."only/{number}".text = "of {number}";
  systemd.user.services.same.Service.ExecStart = "${{pkgs.writeShellScript "same" "exec sleep 1000"}}";
  systemd.user.services.other.Service.ExecStart = "${{pkgs.writeShellScript "other-{number}" "exec sleep 1000"}}";
}}
"#
    ));
}

fn profile(home: &Home) -> PathBuf {
    home.path().join(".local/state/nix/profiles")
}

fn store(home: &Home) -> PathBuf {
    home.path().join(".local/share/hm/nix/store")
}

/// The names of objects without their hashes, sorted.
fn objects(home: &Home) -> Vec<String> {
    let names = fs::read_dir(store(home)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names
        .map(|name| name.into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .map(|name| name[33..].to_owned())
        .collect();
    names.sort();
    names
}

fn ids(home: &Home) -> Vec<u64> {
    let listed: serde_json::Value =
        serde_json::from_str(&home.hm(&["generations", "--json"]).ended(0)).unwrap();
    listed.as_array().unwrap().iter().map(|each| each["id"].as_u64().unwrap()).collect()
}

/// A table with every date replaced, since all of them are of now.
fn undated(text: &str) -> String {
    let is_date = |word: &str| word.len() == 10 && word.starts_with("20") && word.matches('-').count() == 2;
    let is_time = |word: &str| word.len() == 8 && word.matches(':').count() == 2;
    let line = |line: &str| {
        let words = line.split(' ').map(|word| match word {
            word if is_date(word) => "DATE",
            word if is_time(word) => "TIME",
            word => word,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_each_generation_changed() {
    let home = three();
    insta::assert_snapshot!(undated(&home.hm(&["generations"]).ended(0)), @r"
    ID  CREATED                       UNITS  FILES     PACKAGES  PATH
    3   DATE TIME  current  ~1     +1 ~1 -1            @store@/home-manager-generation
    2   DATE TIME           ~1     +1 ~1 -1            @store@/home-manager-generation
    1   DATE TIME           +2     +2        +1        @store@/home-manager-generation
    ");
    let json: serde_json::Value =
        serde_json::from_str(&home.hm(&["generations", "--json"]).ended(0)).unwrap();
    insta::assert_snapshot!(json[0]["changes"], @r#"
    {"files":{"added":1,"changed":1,"removed":1},"packages":{"added":0,"changed":0,"removed":0},"units":{"added":0,"changed":1,"removed":0}}
    "#);
    // Nothing can be told about a generation that is gone, nor about the one after it.
    let gone = fs::read_link(profile(&home).join("hm-2-link")).unwrap();
    fs::rename(&gone, home.path().join("away")).unwrap();
    insta::assert_snapshot!(undated(&home.hm(&["generations"]).ended(0)), @r"
    ID  CREATED                       UNITS  FILES  PACKAGES  PATH
    3   DATE TIME  current                          @store@/home-manager-generation
    2   DATE TIME  gone                             @store@/home-manager-generation
    1   DATE TIME           +2     +2     +1        @store@/home-manager-generation
    ");
}

#[test]
fn generations_are_removed_by_number() {
    let home = three();
    let before = home.listing();
    let complained = |arguments: &[&str]| home.hm(arguments).complained(1);
    insta::assert_snapshot!(complained(&["remove-generations", "1", "3", "--yes"]), @"error: generation 3 is the current one and cannot be removed; switch to another first");
    insta::assert_snapshot!(complained(&["remove-generations", "1..9", "--yes"]), @"error: generation 3 is the current one and cannot be removed; switch to another first");
    insta::assert_snapshot!(complained(&["remove-generations", "1", "9", "--yes"]), @"error: @home@/.local/state/nix/profiles/hm has no generation 9; `hm generations` lists those it has");
    insta::assert_snapshot!(complained(&["remove-generations", "1"]), @r"
    error: there is no terminal to ask on: remove generation 1?
    hint: pass --yes to go ahead without being asked
    ");
    insta::assert_snapshot!(undated(&home.hm(&["remove-generations", "1", "--dry-run"]).ended(0)), @r"
         ID  CREATED                       PATH
    OK   3   DATE TIME  current  @store@/home-manager-generation
    OK   2   DATE TIME           @store@/home-manager-generation
    DEL  1   DATE TIME           @store@/home-manager-generation
    OK: 2 stay, DEL: 1 go
    ");
    assert_eq!(home.listing(), before, "nothing was removed so far");
    insta::assert_snapshot!(home.hm(&["remove-generations", "1..2", "--yes"]).ended(0), @"removed generations 1 and 2; `hm gc` frees what only they held");
    assert_eq!(ids(&home), [3]);
    assert!(home.path().join("number").exists());
}

#[test]
fn generations_expire() {
    let home = three();
    configure(&home, 4);
    home.hm(&["switch"]).ended(0);
    home.hm(&["rollback", "3"]).ended(0);
    for (id, age) in [(1, "40 days ago"), (2, "20 days ago"), (3, "2 hours ago"), (4, "1 hour ago")] {
        let link = profile(&home).join(format!("hm-{id}-link"));
        assert!(Command::new("touch").args(["-h", "-d", age]).arg(link).status().unwrap().success());
    }
    let goes = |arguments: &[&str]| -> Vec<u64> {
        let arguments = [&["expire-generations", "--dry-run", "--json"], arguments].concat();
        let told: serde_json::Value = serde_json::from_str(&home.hm(&arguments).ended(0)).unwrap();
        assert_eq!(told["dryRun"], true);
        told["removed"].as_array().unwrap().iter().map(|each| each["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(goes(&["--keep", "1"]), [2, 1]);
    assert_eq!(goes(&["--keep", "0"]), [4, 2, 1]);
    assert_eq!(goes(&["--older-than", "30d"]), [1]);
    assert_eq!(goes(&["-30 days"]), [1]);
    assert_eq!(goes(&["--keep", "3", "--older-than", "90min"]), [1]);
    assert_eq!(goes(&["--older-than", "2020-01-01"]), Vec::<u64>::new());
    let said = home.hm(&["expire-generations", "--older-than", "6m"]).complained(2);
    assert!(said.contains("'m' can be minutes or months"), "{said}");
    home.hm(&["expire-generations"]).complained(2);
    assert_eq!(ids(&home), [4, 3, 2, 1]);
    insta::assert_snapshot!(undated(&home.hm(&["expire-generations", "--keep", "1", "-n"]).ended(0)), @r"
         ID  CREATED                       PATH
    OK   4   DATE TIME           @store@/home-manager-generation
    OK   3   DATE TIME  current  @store@/home-manager-generation
    DEL  2   DATE TIME           @store@/home-manager-generation
    DEL  1   DATE TIME           @store@/home-manager-generation
    OK: 2 stay, DEL: 2 go
    ");
    insta::assert_snapshot!(home.hm(&["expire-generations", "--keep", "1", "-y"]).ended(0), @"removed generations 1 and 2; `hm gc` frees what only they held");
    insta::assert_snapshot!(home.hm(&["expire-generations", "--keep", "1", "-y"]).ended(0), @"nothing to remove: 2 generations kept");
    assert_eq!(ids(&home), [4, 3]);
}

#[test]
fn garbage_is_freed() {
    let home = three();
    let all = objects(&home);
    insta::assert_snapshot!(home.hm(&["gc"]).ended(0), @"nothing to free");
    home.hm(&["expire-generations", "--keep", "1", "--yes"]).ended(0);
    let before = home.listing();
    let would: serde_json::Value =
        serde_json::from_str(&home.hm(&["gc", "--dry-run", "--json"]).ended(0)).unwrap();
    let said = home.hm(&["gc", "--dry-run"]).ended(0);
    assert!(said.starts_with("would have freed "), "{said}");
    let after = home.listing();
    for (name, text) in &before {
        assert!(
            name.contains("/nix/var/") || after.get(name) == Some(text),
            "a dry run changes nothing: {name}"
        );
    }
    let did: serde_json::Value = serde_json::from_str(&home.hm(&["gc", "--json"]).ended(0)).unwrap();
    assert_eq!(did["deleted"], would["deleted"]);
    assert_eq!(did["bytes"], would["bytes"]);
    let left = objects(&home);
    assert!(
        did["bytes"].as_u64().unwrap() > 0
            && left.len() + did["deleted"].as_array().unwrap().len() == all.len()
    );
    for name in ["home-manager-generation", "home-manager-files", "same", "other-3"] {
        assert_eq!(left.iter().filter(|object| *object == name).count(), 1, "{name}: {left:?}");
    }
    assert!(!left.iter().any(|name| name == "other-1" || name == "other-2"), "{left:?}");
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "3");
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0), @"nothing to do: generation 3 is current, with 4 links and 2 units");
}

#[test]
fn generations_whose_registration_was_lost_are_kept() {
    let home = three();
    let roots = home.path().join(".local/share/hm/nix/var/nix/gcroots/auto");
    let registered = || fs::read_dir(&roots).unwrap().count();
    assert_eq!(registered(), 3);
    fs::remove_dir_all(&roots).unwrap();
    fs::create_dir(&roots).unwrap();
    // One of another profile, too.
    let other = profile(&home).join("other-1-link");
    fs::rename(profile(&home).join("hm-1-link"), &other).unwrap();
    insta::assert_snapshot!(home.hm(&["gc"]).ended(0), @"nothing to free");
    assert_eq!(registered(), 3);
    assert!(other.exists());
}

#[test]
fn what_the_home_held_before_is_kept_for_the_day_it_is_given_back() {
    let home = Home::new();
    home.write("number", "1");
    for number in 1..=3 {
        configure(&home, number);
        home.hm(&["switch"]).ended(0);
    }
    home.hm(&["expire-generations", "--keep", "1", "--yes"]).ended(0);
    let said = home.hm(&["gc"]).ended(0);
    assert!(said.starts_with("freed "), "{said}");
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "3");
    home.hm(&["uninstall", "--yes"]).ended(0);
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "1");
    assert!(!home.path().join("number").is_symlink() && !store(&home).exists());
}

#[test]
fn links_are_repaired_before_garbage_is_collected() {
    let home = three();
    let files = fs::read_link(home.path().join("number")).unwrap();
    let files = files.parent().unwrap().to_str().unwrap().to_owned();
    fs::remove_file(home.path().join("number")).unwrap();
    let orphan = files.replace(&files[files.len() - 51..files.len() - 19], &"0".repeat(32));
    symlink(format!("{orphan}/left"), home.path().join("left")).unwrap();
    symlink("/nowhere", home.path().join("mine")).unwrap();
    insta::assert_snapshot!(home.hm(&["gc", "--dry-run"]).ended(0), @r"
    would have repaired 1 link
      number
    would have removed 1 link that led nowhere
      left
    nothing to free
    ");
    assert!(home.path().join("left").is_symlink() && !home.path().join("number").exists());
    insta::assert_snapshot!(home.hm(&["gc"]).ended(0), @r"
    repaired 1 link
    removed 1 link that led nowhere
    nothing to free
    ");
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "3");
    assert!(!home.path().join("left").is_symlink() && home.path().join("mine").is_symlink());
    insta::assert_snapshot!(home.hm(&["gc"]).ended(0), @"nothing to free");
}

#[test]
fn a_switch_repairs_links_that_dangle() {
    let home = three();
    let target = fs::read_link(home.path().join("number")).unwrap();
    let lost = target
        .to_str()
        .unwrap()
        .replace(&target.to_str().unwrap()[target.to_str().unwrap().len() - 58..][..32], &"0".repeat(32));
    fs::remove_file(home.path().join("number")).unwrap();
    symlink(&lost, home.path().join("number")).unwrap();
    assert!(!home.path().join("number").exists(), "{lost}");
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0).lines().next().unwrap(), @"switched to generation 3: 1 link replaced");
    assert_eq!(fs::read_link(home.path().join("number")).unwrap(), target);
}

#[test]
fn without_its_current_generation_a_home_is_not_collected() {
    let home = three();
    home.hm(&["remove-generations", "1", "--yes"]).ended(0);
    let generation = fs::read_link(profile(&home).join("hm-3-link")).unwrap();
    let away = home.path().join("away");
    fs::rename(&generation, &away).unwrap();
    let before = objects(&home);
    insta::assert_snapshot!(home.hm(&["gc"]).complained(1), @r"
    error: generation 3 is current, but @store@/home-manager-generation is not a generation of hm: it does not exist: what the home's links need may be gone, and nothing was collected
    hint: `hm switch` builds it again from the configuration
    hint: `hm rollback 2` goes back to generation 2, which is whole
    ");
    insta::assert_snapshot!(home.hm(&["gc", "--dry-run"]).complained(1), @r"
    error: generation 3 is current, but @store@/home-manager-generation is not a generation of hm: it does not exist: what the home's links need may be gone, and nothing was collected
    hint: `hm switch` builds it again from the configuration
    hint: `hm rollback 2` goes back to generation 2, which is whole
    ");
    assert_eq!(objects(&home), before);
    // What the message says to do helps.
    home.hm(&["switch"]).ended(0);
    assert!(generation.join("manifest.json").exists());
    let said = home.hm(&["gc"]).ended(0);
    assert!(said.starts_with("freed "), "{said}");
    assert_eq!(ids(&home), [3, 2]);
}

#[test]
fn a_home_without_a_store_of_its_own() {
    let home = Home::new();
    insta::assert_snapshot!(home.hm(&["gc"]).complained(0), @"nothing to collect: there is no store in @home@/.local/share/hm/nix yet");
    fs::create_dir_all(profile(&home)).unwrap();
    symlink(
        "/nix/store/00000000000000000000000000000000-home-manager-generation",
        profile(&home).join("hm-1-link"),
    )
    .unwrap();
    symlink("hm-1-link", profile(&home).join("hm")).unwrap();
    insta::assert_snapshot!(home.hm(&["gc"]).complained(0), @"the generations of this home are in /nix/store: `nix-collect-garbage` collects it, and @home@/.local/state/nix/profiles/hm keeps them");
    assert!(!store(&home).exists());

    let home = Home::new();
    configure(&home, 1);
    home.hm(&["switch", "--store-dir", "other"]).ended(0);
    insta::assert_snapshot!(home.hm(&["gc"]).complained(0), @"there is no store in @home@/.local/share/hm/nix: the generations of this home are in @home@/other/store; `hm gc --store-dir @home@/other` collects it");
    insta::assert_snapshot!(home.hm(&["gc", "--store-dir", "other"]).ended(0), @"nothing to free");
}

/// Leaves a journal such as a killed process leaves.
fn journal(home: &Home, work: &str) {
    let (at, hm) = (home.path(), profile(home).join("hm"));
    let text = format!(
        r#"{{"version":2,"token":"t","home":"{}","profile":"{}","work":{work}}}"#,
        at.display(),
        hm.display()
    );
    home.write(".local/state/hm/journal.json", &text);
}

#[test]
fn what_was_interrupted_is_completed_by_the_next_command() {
    let home = three();
    let side = |id: u64| {
        let path = fs::read_link(profile(&home).join(format!("hm-{id}-link"))).unwrap();
        format!(r#"{{"id":{id},"path":"{}"}}"#, path.display())
    };
    journal(&home, &format!(r#"{{"remove-generations":{{"generations":[{},{}]}}}}"#, side(1), side(2)));
    let said = home.hm(&["status"]);
    assert!(said.stderr.contains("warning: a removal of 2 generations was interrupted"), "{}", said.stderr);
    let collected =
        format!(r#"{{"collect-garbage":{{"store":"{}"}}}}"#, store(&home).parent().unwrap().display());
    let said = home.hm(&["switch"]);
    insta::assert_snapshot!(said.stderr, @"completed an interrupted removal of 2 generations");
    assert_eq!(ids(&home), [3]);
    journal(&home, &collected);
    let before = objects(&home).len();
    configure(&home, 5);
    let said = home.hm(&["switch"]);
    assert!(
        said.stderr.starts_with("completed an interrupted garbage collection: freed "),
        "{}",
        said.stderr
    );
    assert_eq!(
        said.ended(0).lines().next().unwrap(),
        "switched to generation 4: 1 link created, 3 replaced, 1 removed"
    );
    assert!(objects(&home).len() < before + 4);
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "5");
    assert!(!home.path().join(".local/state/hm/journal.json").exists());
    // Where the store is gone there is nothing to complete.
    journal(&home, r#"{"collect-garbage":{"store":"/no/such/store"}}"#);
    assert!(
        home.hm(&["gc"]).stderr.starts_with("completed an interrupted garbage collection: freed 0 objects")
    );
}

#[test]
fn another_hm_is_waited_for_or_not() {
    let home = three();
    let lock = fs::File::open(home.path().join(".local/state/hm/lock")).unwrap();
    lock.lock().unwrap();
    for arguments in
        [&["gc"][..], &["remove-generations", "1", "--yes"], &["expire-generations", "--keep=1", "--yes"]]
    {
        let said = home.hm(&[arguments, &["--no-wait"]].concat()).complained(1);
        assert!(said.contains("another hm is writing to this home"), "{said}");
    }
    assert_eq!(ids(&home), [3, 2, 1]);
}

/// The object that a unit's script is.
fn script(unit: &Path) -> PathBuf {
    let text = fs::read_to_string(unit).unwrap();
    PathBuf::from(text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap())
}

#[test]
fn what_units_run_and_what_they_would_run_is_not_garbage() {
    let Some(manager) = manager() else { return };
    let hm = |arguments: &[&str]| Run::of(manager.command(HM).args(arguments), &manager.home());
    let systemctl = |arguments: &[&str]| {
        let output = manager.command("systemctl").arg("--user").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let configure = |number: u32| {
        let text = format!(
            r#"{{ pkgs, ... }}: {{
  systemd.user.services.stays = {{
    Unit.X-RestartIfChanged = false;
    Service.ExecStart = "${{pkgs.writeShellScript "stays-{number}" "sleep 1000; true"}}";
    Install.WantedBy = [ "default.target" ];
  }};
  systemd.user.services.waits.Service.ExecStart = "${{pkgs.writeShellScript "waits-{number}" "true"}}";
  home.file.number.text = "{number}";
}}
"#
        );
        let path = manager.home().join(".config/hm/home.nix");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    configure(1);
    hm(&["switch"]).ended(0);
    let scripts = ["stays.service", "waits.service"].map(|unit| script(&manager.unit_dir().join(unit)));
    let number = fs::read_link(manager.home().join("number")).unwrap();
    // A unit of the user's own that no generation knows, and that does not run.
    let service = format!("[Service]\nExecStart={}\n", scripts[1].display());
    manager.write_unit("own.service", &service).unwrap();
    manager.write_unit("own.timer", "[Timer]\nOnCalendar=*-01-01\n").unwrap();
    systemctl(&["daemon-reload"]);
    systemctl(&["start", "own.timer"]);

    configure(2);
    hm(&["switch"]).ended(0);
    hm(&["expire-generations", "--keep", "1", "--yes"]).ended(0);
    let said = hm(&["gc"]).ended(0);
    assert!(said.starts_with("freed "), "{said}");
    assert!(!number.exists(), "the files of the first generation are garbage");
    assert_eq!(manager.property("stays.service", "ActiveState"), "active");
    assert!(scripts[0].exists(), "it runs, though the generation is gone");
    assert!(scripts[1].exists(), "the manager may start it any time");

    systemctl(&["stop", "own.timer", "stays.service"]);
    for unit in ["own.timer", "own.service"] {
        fs::remove_file(manager.unit_dir().join(unit)).unwrap();
    }
    systemctl(&["daemon-reload"]);
    hm(&["gc"]).ended(0);
    assert!(!scripts[0].exists() && !scripts[1].exists());
}
