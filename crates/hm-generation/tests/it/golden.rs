//! Homes that releases left behind, which every later one has to understand: see `tests/golden/README.md`.
//!
//! A recording is a text with sections. The first is all that lay on the disk, the others are the home and the profile
//! after each of a few moves that the release itself made from there.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hm_generation::{Change, Error, Options, Session, Target, Watch, interrupted};

use crate::fixture::{Fixture, recover, write_down};

/// Set to the name of a release, this makes the test below write its homes down.
const RECORD: &str = "HM_RECORD_GOLDEN";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The moves, by the names of their sections.
const MOVES: [&str; 3] = ["recovered", "switched to number 1", "switched to the second generation"];

/// The homes that are recorded of a release.
const RECORDED: [&str; 6] =
    ["two-switches", "before-commit", "after-commit", "before-units", "removal", "collection"];

fn make(fixture: &Fixture, name: &str) -> Result<(), Error> {
    match name {
        "recovered" => recover(&Session::open(&fixture.env, || true)?).map(drop),
        "switched to number 1" => fixture.switch_to(Target::Id(1), &options()).map(drop),
        "switched to the second generation" => {
            fixture.switch_to(Target::Path(&second(fixture)), &options()).map(drop)
        }
        other => panic!("no move {other}"),
    }
}

fn options() -> Options {
    Options { backup: Some("bak".to_owned()), sync: true }
}

fn second(fixture: &Fixture) -> PathBuf {
    fixture.root.path().join(format!("store/{:0>32}-home-manager-generation", 2))
}

/// All that lies below the root, with `@` for it; a name that ends with `/` is a directory.
fn everything(fixture: &Fixture) -> String {
    text_of(fixture, &["home", "state", "store"])
}

/// What a release may not change its mind about.
fn outcome(fixture: &Fixture) -> String {
    text_of(fixture, &["home", "state/nix/profiles"])
}

fn text_of(fixture: &Fixture, places: &[&str]) -> String {
    let root = fixture.root.path();
    let mut lines = Vec::new();
    for place in places {
        lines.push(format!("{place}/"));
        write_down(&root.join(place), &format!("{place}/"), &mut lines);
    }
    let at = |line: &String| line.replace(root.to_str().unwrap(), "@").replace('\n', "\\n") + "\n";
    lines.iter().map(at).collect()
}

/// A home as a recording describes it.
fn load(text: &str) -> Fixture {
    let root = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let here = root.path().to_str().unwrap().to_owned();
    for line in text.lines() {
        let line = line.replace("@/", &format!("{here}/")).replace("\\n", "\n");
        if let Some((name, target)) = line.split_once(" -> ") {
            symlink(target, root.path().join(name)).unwrap();
        } else if let Some((name, contents)) = line.split_once(": ") {
            fs::write(root.path().join(name), contents).unwrap();
        } else {
            fs::create_dir_all(root.path().join(line)).unwrap();
        }
    }
    Fixture::below(root)
}

fn sections(text: &str) -> BTreeMap<&str, &str> {
    text.split("== ").filter_map(|section| section.split_once('\n')).collect()
}

/// Every recording of every release: its name and text.
fn recordings() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for release in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(&release).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = file.strip_prefix(folder()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&file).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn homes_of_earlier_releases_are_understood() {
    let all = recordings();
    assert!(all.len() >= 4);
    for (name, text) in all {
        let sections = sections(&text);
        let fixture = load(sections["found"]);
        assert_eq!(everything(&fixture), sections["found"], "{name}: loaded as it was");
        for step in MOVES.into_iter().filter(|step| sections.contains_key(step)) {
            make(&fixture, step).unwrap_or_else(|error| panic!("{name}: {step}: {error}"));
            assert_eq!(outcome(&fixture), sections[step], "{name}: {step}");
            assert!(interrupted(&fixture.env).unwrap().is_none(), "{name}: {step}");
        }
    }
}

#[test]
fn files_of_later_releases_are_refused() {
    for (name, text) in recordings() {
        let found = sections(&text)["found"].to_owned();
        for file in ["journal.json", "directories.json", "manifest.json"] {
            let fixture = load(&found);
            let newer = |path: &Path| {
                let text = fs::read_to_string(path).unwrap();
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                let version = value["version"].as_u64().unwrap();
                let later = text.replace(&format!("\"version\":{version}"), "\"version\":99");
                assert_ne!(text, later);
                fs::write(path, later).unwrap();
            };
            let path = match file {
                "manifest.json" => second(&fixture).join(file),
                file => fixture.env.state_dir.join(file),
            };
            if !path.exists() {
                continue;
            }
            newer(&path);
            let before = everything(&fixture);
            let error = fixture.switch_to(Target::Path(&second(&fixture)), &options()).unwrap_err();
            let error = match error {
                Error::AfterCommit(cause) => *cause,
                other => other,
            };
            match error {
                Error::NewerFormat { path: told, version: 99, newest } => {
                    assert_eq!(told, path, "{name}");
                    assert!(newest < 99);
                }
                other => panic!("{name}, {file}: {other}"),
            }
            // What could be completed before the file was needed may have been.
            if file == "journal.json" {
                assert_eq!(everything(&fixture), before, "{name}");
                assert!(matches!(interrupted(&fixture.env), Err(Error::NewerFormat { version: 99, .. })));
            }
        }
    }
}

/// Stops a run at its commit, or right after it.
struct Stop {
    after: bool,
    committed: AtomicBool,
    dead: AtomicBool,
}

impl Watch for Stop {
    fn before(&self, change: Change, name: &str) -> io::Result<()> {
        let commit = change == Change::Rename && name == "hm";
        if self.committed.load(Ordering::Relaxed) || (commit && !self.after) {
            self.dead.store(true, Ordering::Relaxed);
        }
        self.committed.fetch_or(commit, Ordering::Relaxed);
        if self.dead.load(Ordering::Relaxed) { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }
}

/// Lets nothing be removed.
struct StopAtUnlink;

impl Watch for StopAtUnlink {
    fn before(&self, change: Change, _: &str) -> io::Result<()> {
        if change == Change::Unlink { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }
}

/// A home with one generation and one switch to make, which concerns every kind of step.
fn prepared() -> (Fixture, PathBuf) {
    let fixture = Fixture::new();
    fixture.foreign("mine text\nd/mine text\ndots/\n.config -> dots");
    let first = fixture.generation("a b d/x d/e/y link dir/one dir/two/three gone/deep/er .config/c same");
    fixture.switch(&first).unwrap();
    fs::remove_file(fixture.home("same")).unwrap();
    fixture.foreign("same content\nforced lost\nother theirs\nl -> /nowhere\nfull/file theirs");
    let second = fixture.generation(
        "a=new d/x=new n/e/w link/now/dir link/two dir same=content forced! other l full .config/c .config/n",
    );
    (fixture, second)
}

/// Writes the homes of this very release down, when asked to.
#[test]
fn record() {
    let Some(release) = std::env::var_os(RECORD) else { return };
    let dir = folder().join(release);
    fs::create_dir_all(&dir).unwrap();
    for name in RECORDED {
        let (mut fixture, second) = prepared();
        let stop = Stop {
            after: name == "after-commit",
            committed: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        };
        match name {
            "two-switches" => drop(fixture.switch_to(Target::Path(&second), &options()).unwrap()),
            "before-units" => {
                let session = Session::open(&fixture.env, || true).unwrap();
                let pending = session.prepare(Target::Path(&second), &options()).unwrap();
                drop(pending.apply(&mut |_| Ok(())).unwrap());
            }
            "removal" => {
                fixture.switch_to(Target::Path(&second), &options()).unwrap();
                fixture.env.watch = Some(Arc::new(StopAtUnlink));
                let session = Session::open(&fixture.env, || true).unwrap();
                session.remove_generations(&[1]).unwrap_err();
                drop(session);
                fixture.env.watch = None;
            }
            "collection" => {
                fixture.switch_to(Target::Path(&second), &options()).unwrap();
                let session = Session::open(&fixture.env, || true).unwrap();
                drop(session.begin_collection(&fixture.root.path().join("store")).unwrap());
            }
            _ => {
                fixture.env.watch = Some(Arc::new(stop));
                fixture.switch_to(Target::Path(&second), &options()).unwrap_err();
                fixture.env.watch = None;
            }
        }
        let mut text = format!("== found\n{}", everything(&fixture));
        for step in MOVES {
            if make(&fixture, step).is_err() {
                assert_eq!((name, step), ("removal", MOVES[1]), "what is removed cannot be switched to");
                continue;
            }
            text.push_str(&format!("== {step}\n{}", outcome(&fixture)));
        }
        fs::write(dir.join(format!("{name}.txt")), text).unwrap();
    }
}
