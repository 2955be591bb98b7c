//! Homes that cannot be switched: what is said, and that nothing was changed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::process::Command;

use hm_generation::{Error, Options, Session, Target};

use crate::fixture::{Fixture, fast};

/// Switches to `files` in a home with these foreign things; every text must be in the error.
fn check(foreign: &str, files: &str, expected: &[&str]) {
    let fixture = Fixture::new();
    fixture.foreign(foreign);
    refuse(&fixture, files, expected);
}

fn refuse(fixture: &Fixture, files: &str, expected: &[&str]) {
    let generation = fixture.generation(files);
    let before = fixture.snapshot();
    let error = fixture.switch(&generation).unwrap_err().to_string();
    for text in expected {
        assert!(error.contains(text), "{text:?} is missing in: {error}");
    }
    assert_eq!(fixture.snapshot(), before);
}

#[test]
fn one_refusal_names_every_problem() {
    check(
        "a mine\nb -> /elsewhere\nc mine\nd/x mine\ne -> /usr\ng -> gone\nh -> h",
        "a b c/x d e/x g/x h/x fine",
        &[
            "7 targets cannot be written; nothing was changed",
            "- a is a file that hm did not make",
            "-mine",
            "+a",
            "- b is a link to /elsewhere that hm did not make",
            "- c/x cannot be made: c is a file, not a directory",
            "- d is a directory that holds d/x",
            "- e/x would be written outside the home: e is a link to /usr",
            "- g/x cannot be made: g is a link to gone, which cannot be reached",
            "- h/x cannot be made: h is a link to h, which cannot be reached",
        ],
    );
}

#[test]
fn differences_are_short_and_printable() {
    let fixture = Fixture::new();
    let lines: String = (0..30).map(|number| format!("line {number}\n")).collect();
    fs::write(fixture.home("a"), format!("\u{1b}[31mred\n{lines}")).unwrap();
    fs::write(fixture.home("b"), [0xff, 0xfe, 0]).unwrap();
    refuse(&fixture, "a b=text", &["-?[31mred", "… and 22 more changed lines", "3 bytes, 4 expected"]);
}

#[test]
fn a_link_outside_names_the_option_that_allows_it() {
    check("c -> @/store/..", "c/x", &["set `home.trustedParents = [ \"/"]);
    let fixture = Fixture::new();
    fs::create_dir(fixture.root.path().join("store/object")).unwrap();
    fixture.foreign("c -> @/store/object");
    refuse(&fixture, "c/x", &["c is a link into a store (/", "never written to"]);
}

#[test]
fn special_files_are_never_replaced() {
    let fixture = Fixture::new();
    let _socket = UnixListener::bind(fixture.home("s")).unwrap();
    refuse(&fixture, "s!", &["s is a socket, which is never replaced"]);
}

#[test]
fn names_that_are_too_long() {
    let fixture = Fixture::new();
    let name = "n".repeat(255);
    fixture.switch(&fixture.generation(&format!("{name} d/{name}"))).unwrap();
    fixture.switch(&fixture.generation(&format!("{name}=changed"))).unwrap();
    assert_eq!(fixture.tree(), format!("{name} -> g2/{name}"));

    let fixture = Fixture::new();
    fixture.foreign(&format!("{name} mine"));
    let options = Options { backup: Some("bak".to_owned()), ..fast() };
    fixture.switch_to(Target::Path(&fixture.generation(&name)), &options).unwrap();
    let backup = format!("{}.bak", &name[..251]);
    assert_eq!(fixture.tree(), format!("{backup}: mine\n{name} -> g1/{name}"));
}

#[test]
fn targets_outside_the_home() {
    for target in ["../x", "/etc/x", "a/../../x", "a//x", ""] {
        let fixture = Fixture::new();
        let generation = fixture.generation("a");
        let path = generation.join("manifest.json");
        let mut manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        manifest["files"][target] = serde_json::json!({ "force": false });
        fs::write(&path, manifest.to_string()).unwrap();
        let error = fixture.switch(&generation).unwrap_err().to_string();
        assert!(error.contains(&format!("the target {target:?} is not below the home")), "{error}");
        assert_eq!(fixture.tree(), "");
    }
}

#[test]
fn what_is_no_generation() {
    let fixture = Fixture::new();
    let error = fixture.switch(&fixture.root.path().join("store")).unwrap_err().to_string();
    assert!(error.ends_with("is not a generation of hm: it has no manifest.json"), "{error}");
    let error = fixture.switch(&fixture.root.path().join("gone")).unwrap_err().to_string();
    assert!(error.ends_with("is not a generation of hm: it does not exist"), "{error}");
    let mut elsewhere = Fixture::new();
    let generation = elsewhere.generation("a");
    elsewhere.env.stores = fixture.env.stores.clone();
    let error = elsewhere.switch(&generation).unwrap_err().to_string();
    assert!(error.ends_with("are not in a store that is known"), "{error}");
    let newer = fixture.generation("a");
    fs::write(newer.join("manifest.json"), r#"{"version": 9}"#).unwrap();
    assert!(matches!(fixture.switch(&newer), Err(Error::NewerFormat { version: 9, .. })));
}

#[test]
fn a_lost_generation_does_not_keep_one_from_switching() {
    let fixture = Fixture::new();
    let first = fixture.generation("a b");
    fixture.switch(&first).unwrap();
    fs::remove_dir_all(first).unwrap();
    let report = fixture.switch(&fixture.generation("a")).unwrap();
    assert!(report.old_unreadable.unwrap().contains("it does not exist"));
    assert_eq!((report.replaced.len(), report.new.unwrap().id), (1, 2));
}

#[test]
fn journals_that_are_not_ours_to_recover() {
    let mut fixture = Fixture::new();
    fixture.switch(&fixture.generation("a")).unwrap();
    let session = Session::open(&fixture.env, || true).unwrap();
    let generation = fixture.generation("b");
    let applied = session.prepare(Target::Path(&generation), &fast()).unwrap().apply(&mut |_| Ok(()));
    drop(applied.unwrap());
    drop(session);
    let journal = fixture.env.state_dir.join("journal.json");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("\"version\":2", "\"version\":9", 1)).unwrap();
    assert!(matches!(fixture.switch(&generation), Err(Error::NewerFormat { version: 9, .. })));
    fs::write(&journal, &text[..text.len() / 2]).unwrap();
    let error = fixture.switch(&generation).unwrap_err().to_string();
    assert!(error.contains("journal.json is damaged"), "{error}");
    fs::write(&journal, &text).unwrap();
    let home = fixture.env.home.clone();
    let other = fixture.root.path().join("other");
    fs::create_dir(&other).unwrap();
    fixture.env.home = other;
    assert!(matches!(fixture.switch(&generation), Err(Error::ForeignJournal { .. })));
    // The same home by another name is the same home.
    fixture.env.home = fixture.root.path().join("alias");
    std::os::unix::fs::symlink(home, &fixture.env.home).unwrap();
    fixture.switch(&generation).unwrap();
}

#[test]
fn homes_that_are_none() {
    let mut fixture = Fixture::new();
    let generation = fixture.generation("a");
    fixture.env.uid += 1;
    assert!(matches!(fixture.switch(&generation), Err(Error::HomeNotOwned { .. })));
    fixture.env.uid -= 1;
    for (home, expected) in [("gone", "does not exist"), ("file", "is not a directory"), ("file/x", "is not")]
    {
        fs::write(fixture.root.path().join("file"), "").unwrap();
        fixture.env.home = fixture.root.path().join(home);
        let error = fixture.switch(&generation).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    fixture.env.home = "relative".into();
    assert!(matches!(fixture.switch(&generation), Err(Error::UnusablePath { .. })));
}

#[test]
fn another_users_file_is_not_touched() {
    let fixture = Fixture::new();
    fixture.foreign("a a\nd/x text");
    if chown(fixture.home("a"), Some(12_345), None).is_err() {
        eprintln!("SKIPPED: giving a file to another user needs root");
        return;
    }
    refuse(&fixture, "a!", &["a belongs to user 12345; give it to yourself with chown"]);
    chown(&fixture.env.home, Some(12_345), None).unwrap();
    assert!(matches!(
        fixture.switch(&fixture.generation("b")),
        Err(Error::HomeNotOwned { owner: 12_345, .. })
    ));
}

/// Runs the test `name` of this binary once more, as a child for which the shell commands `setup` have been run in
/// a mount namespace of its own, with the fixture's root as `$1`. False when the machine does not allow that.
fn in_mount_namespace(name: &str, setup: &str, root: &std::path::Path) -> bool {
    let possible = Command::new("unshare").args(["--mount", "true"]).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {name}: mount namespaces are not allowed here");
        return false;
    }
    let script = format!("set -e; {setup}; exec \"$2\" --exact problems::{name} --nocapture");
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", &script, "sh"])
        .arg(root)
        .arg(std::env::current_exe().unwrap())
        .env("HM_TEST_ROOT", root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
    true
}

/// A fixture whose home is what the parent mounted.
fn mounted() -> Option<Fixture> {
    let root = std::env::var_os("HM_TEST_ROOT")?;
    let mut fixture = Fixture::new();
    fixture.env.home = std::path::Path::new(&root).join("home");
    Some(fixture)
}

#[test]
fn read_only_home() {
    if let Some(fixture) = mounted() {
        refuse(
            &fixture,
            "a d/x",
            &["a cannot be written: the home directory: the file system is mounted read-only"],
        );
        return;
    }
    let fixture = Fixture::new();
    fixture.foreign("d/mine text");
    let setup = "mount --bind \"$1/home\" \"$1/home\"; mount -o remount,ro,bind \"$1/home\"";
    in_mount_namespace("read_only_home", setup, fixture.root.path());
}

#[test]
fn full_home() {
    if let Some(fixture) = mounted() {
        fixture.foreign("mine text");
        let names: String = (0..100).map(|number| format!("d{number}/f ")).collect();
        refuse(&fixture, &names, &["No space left on device"]);
        // The same home takes what fits.
        fixture.switch(&fixture.generation("a d/x")).unwrap();
        assert_eq!(fixture.tree(), "a -> g2/a\nd/\nd/x -> g2/d/x\nmine: text");
        return;
    }
    let fixture = Fixture::new();
    let setup = "mount -t tmpfs -o size=8m,nr_inodes=50,mode=755 none \"$1/home\"";
    in_mount_namespace("full_home", setup, fixture.root.path());
}

#[test]
fn directories_without_permission() {
    let fixture = Fixture::new();
    fixture.foreign("closed/mine text\nkept/mine text");
    let lock = |mode: u32| {
        for dir in ["closed", "kept"] {
            fs::set_permissions(fixture.home(dir), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    lock(0o555);
    // Root may do everything, except in a thread that has given that up.
    let without_privilege = std::thread::scope(|scope| {
        let run = || {
            use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
            let mut sets = capabilities(None).unwrap();
            for set in [&mut sets.effective, &mut sets.permitted, &mut sets.inheritable] {
                set.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
            }
            set_capabilities(None, sets).unwrap();
            refuse(
                &fixture,
                "closed/x kept/y",
                &[
                    "2 targets",
                    "closed/x cannot be written: the directory closed: permission denied",
                    "kept/y cannot be written",
                ],
            );
        };
        scope.spawn(run).join()
    });
    lock(0o755);
    without_privilege.unwrap();
}
