//! Interrupted writers, damaged objects, and locks that others hold.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix_formats::{StorePath, Tree};
use nix_store::{EmbeddedStore, Error, Problem, Store};
use rustix::fs::{FlockOperation, flock};

use crate::support::{Fixture, add_samples, options};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Objects that a dead process left without registering them, then damaged by `damage`, are as new when they
/// are added again.
#[track_caller]
fn check_left_behind(damage: impl Fn(&EmbeddedStore, &StorePath, &StorePath)) {
    let fixture = Fixture::new();
    let samples = add_samples(&fixture.open());
    let store = fixture.open();
    assert!(!store.is_valid(&samples[1]).unwrap());
    damage(&store, &samples[0], &samples[1]);
    assert_eq!(add_samples(&store), samples);
    store.commit().unwrap();
    assert_eq!(store.verify().unwrap(), []);
    fixture.assert_verified();
}

#[test]
fn left_behind_by_a_killed_process() {
    check_left_behind(|_, _, _| {});
    check_left_behind(|store, text, tree| {
        set_mode(&store.path_of(text), 0o644);
        set_mode(&store.path_of(tree), 0o755);
        set_mode(&store.path_of(tree).join("bin"), 0o700);
        fs::remove_dir(store.path_of(tree).join("empty")).unwrap();
        fs::create_dir(store.path_of(tree).join("empty")).unwrap();
    });
    check_left_behind(|store, text, tree| {
        set_mode(&store.path_of(text), 0o644);
        fs::write(store.path_of(text), "half").unwrap();
        set_mode(&store.path_of(tree).join("text"), 0o644);
        fs::write(store.path_of(tree).join("text"), "half").unwrap();
    });
    check_left_behind(|store, text, tree| {
        fs::remove_file(store.path_of(text)).unwrap();
        fs::create_dir(store.path_of(text)).unwrap();
        fs::rename(store.path_of(tree), store.path_of(tree).with_extension("away")).unwrap();
        fs::write(store.path_of(tree), "a file").unwrap();
        let _ = fs::File::create(store.path_of(text).join("entry")).unwrap();
    });
}

/// Not a test of its own: the process that [`a_process_that_dies_while_it_adds`] lets die.
#[test]
fn child_that_dies() {
    if let Some(root) = std::env::var_os("HM_TEST_DIE_IN") {
        let store = EmbeddedStore::open(Path::new(&root), &options()).unwrap();
        add_samples(&store);
        std::process::abort();
    }
}

#[test]
fn a_process_that_dies_while_it_adds() {
    let fixture = Fixture::new();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "faults::child_that_dies"])
        .env("HM_TEST_DIE_IN", fixture.root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.signal(), Some(6));
    let entries = |dir: &str| fs::read_dir(fixture.root().join(dir)).unwrap().count();
    assert_eq!(entries("store"), 4, "two objects, the directory where they were made, .links");
    let store = fixture.open();
    assert_eq!(store.verify().unwrap(), []);
    let deleted = store.collect_garbage(false).unwrap().deleted;
    assert_eq!(deleted.len(), 3, "{deleted:?}");
    assert_eq!(entries("var/nix/temproots"), 0);
    add_samples(&store);
    store.commit().unwrap();
    fixture.assert_verified();
}

#[test]
fn first_opens_at_the_same_time() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let fixture = &fixture;
            scope.spawn(move || {
                let store = fixture.open();
                store.add_text(&format!("x{number}"), b"", &BTreeSet::new()).unwrap();
                store.commit().unwrap();
            });
        }
    });
    assert_eq!(fixture.open().verify().unwrap(), []);
    fixture.assert_verified();
}

#[test]
fn verify_names_what_is_wrong() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let [text, tree] = add_samples(&store);
    let gone = store.add_text("gone", b"", &BTreeSet::new()).unwrap();
    let writable = store.add_text("writable", b"", &BTreeSet::new()).unwrap();
    store.commit().unwrap();
    assert_eq!(store.verify().unwrap(), []);

    set_mode(&store.path_of(&text), 0o644);
    fs::write(store.path_of(&text), "other\n").unwrap();
    fs::remove_file(store.path_of(&gone)).unwrap();
    set_mode(&store.path_of(&writable), 0o644);
    let problems = store.verify().unwrap();
    assert!(matches!(&problems[0], Problem::Modified { path, .. } if *path == text), "{problems:?}");
    assert_eq!(problems[1], Problem::Missing(gone.clone()));
    assert!(matches!(&problems[2], Problem::Metadata { path, .. } if *path == writable), "{problems:?}");
    assert_eq!(problems.len(), 3);
    assert!(store.is_valid(&tree).unwrap());

    // A registered object that is gone is written again when it is added.
    let store = fixture.open();
    assert_eq!(store.add_text("gone", b"", &BTreeSet::new()).unwrap(), gone);
    store.commit().unwrap();
    assert!(store.path_of(&gone).exists());
}

#[test]
fn a_lock_that_another_process_holds() {
    let fixture = Fixture::new();
    drop(fixture.open());
    let lock = fs::File::open(fixture.root().join("var/nix/gc.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let mut options = options();
    options.lock_timeout = Duration::from_millis(50);
    let store = EmbeddedStore::open(&fixture.root(), &options).unwrap();
    let locked =
        |result: Result<_, Error>| matches!(result, Err(Error::Locked { path }) if path.ends_with("gc.lock"));
    assert!(locked(store.add_text("x", b"", &BTreeSet::new())));
    assert!(locked(store.collect_garbage(false).map(|_| unreachable!())));
    flock(&lock, FlockOperation::Unlock).unwrap();
    store.add_text("x", b"", &BTreeSet::new()).unwrap();

    let lock = fs::File::open(fixture.root().join("var/nix/db/big-lock")).unwrap();
    drop(store);
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let error = EmbeddedStore::open(&fixture.root(), &options).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Locked { path } if path.ends_with("big-lock")));
}

#[test]
fn a_lock_that_is_given_up_is_waited_for() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let lock = fs::File::open(fixture.root().join("var/nix/gc.lock")).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(60));
            flock(&lock, FlockOperation::Unlock).unwrap();
        });
        store.add_text("x", b"", &BTreeSet::new()).unwrap();
    });
}

#[test]
fn a_schema_from_the_future() {
    let fixture = Fixture::new();
    drop(fixture.open());
    fs::write(fixture.root().join("var/nix/db/schema"), "11").unwrap();
    let error = EmbeddedStore::open(&fixture.root(), &options()).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Schema { found, .. } if found == "11"));
}

#[test]
fn bad_names_and_trees_leave_nothing() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let none = BTreeSet::new();
    assert!(matches!(store.add_text("a b", b"", &none), Err(Error::Format(_))));
    let bad = Tree::directory([("a/b", Tree::file(""))]);
    assert!(matches!(store.add_tree("x", &bad, &none), Err(Error::Format(_))));
    assert_eq!(store.pending(), 0);
    assert_eq!(fs::read_dir(fixture.root().join("store")).unwrap().count(), 1);
}
