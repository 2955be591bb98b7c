//! Where a store can be, and how its directory is spelled.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use nix_store::{EmbeddedStore, Error, MAX_STORE_DIR_LEN, Store, Unsuitable};

use crate::support::{Fixture, add_samples, options};

fn open(root: &Path) -> Result<EmbeddedStore, Error> {
    EmbeddedStore::open(root, &options())
}

#[track_caller]
fn refused(root: &Path) -> Unsuitable {
    match open(root).map(|_| ()).unwrap_err() {
        Error::Unsuitable { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn the_directory_is_made_canonical_and_remembered() {
    let fixture = Fixture::new();
    let real = fixture.path().canonicalize().unwrap().join("real");
    fs::create_dir(&real).unwrap();
    let link = fixture.path().join("link");
    symlink(&real, &link).unwrap();
    let dir = real.join("nix/store");
    for root in [link.join("nix"), real.join("nix"), real.join("nix/./")] {
        let store = open(&root).unwrap();
        assert_eq!(store.store_dir().as_str(), dir.to_str().unwrap());
        add_samples(&store);
        store.commit().unwrap();
        assert_eq!(store.verify().unwrap(), []);
    }
    // The directory is moved, and found under its old name through a link: the same store.
    let moved = fixture.path().join("moved");
    fs::rename(&real, &moved).unwrap();
    symlink(&moved, &real).unwrap();
    assert_eq!(open(&moved.join("nix")).unwrap().store_dir().as_str(), dir.to_str().unwrap());
    // Without the old name it is a store whose objects name a place that is not there.
    fs::remove_file(&real).unwrap();
    let error = open(&moved.join("nix")).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Moved { recorded, .. } if recorded == dir.to_str().unwrap()));
}

#[test]
fn parts_of_the_store_are_no_links() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path().join("elsewhere")).unwrap();
    fs::create_dir_all(fixture.root()).unwrap();
    symlink(fixture.path().join("elsewhere"), fixture.root().join("store")).unwrap();
    assert!(matches!(refused(&fixture.root()), Unsuitable::Symlink(path) if path.ends_with("nix/store")));
}

#[test]
fn unsuitable_paths_are_refused_before_anything_is_made() {
    let fixture = Fixture::new();
    assert_eq!(refused(&fixture.path().join("a b")), Unsuitable::Character(' '));
    assert_eq!(refused(&fixture.path().join("100%")), Unsuitable::Character('%'));
    let long = fixture.path().join("x".repeat(MAX_STORE_DIR_LEN));
    assert!(matches!(refused(&long), Unsuitable::TooLong { max: MAX_STORE_DIR_LEN, .. }));
    assert_eq!(refused(Path::new("relative")), Unsuitable::Relative);
    assert_eq!(fs::read_dir(fixture.path()).unwrap().count(), 0);
    let remedy = open(&long).map(|_| ()).unwrap_err().to_string();
    assert!(remedy.contains("--store-dir"), "{remedy}");
}

#[test]
fn the_directory_is_writable_and_the_callers_own() {
    let fixture = Fixture::new();
    drop(fixture.open());
    let store = fixture.root().join("store");
    if rustix::process::geteuid().is_root() {
        chown(&store, Some(1), None).unwrap();
        assert_eq!(refused(&fixture.root()), Unsuitable::NotOwner { owner: 1, caller: 0 });
        // The superuser may write everywhere but on a read-only file system.
        match std::env::var_os("HM_TEST_READONLY_DIR") {
            Some(dir) => assert_eq!(refused(&Path::new(&dir).join("nix")), Unsuitable::NotWritable),
            None => eprintln!("SKIPPED: a read-only directory (HM_TEST_READONLY_DIR names none)"),
        }
    } else {
        fs::set_permissions(&store, fs::Permissions::from_mode(0o555)).unwrap();
        assert_eq!(refused(&fixture.root()), Unsuitable::NotWritable);
        let below = store.join("new/nix");
        assert_eq!(refused(&below), Unsuitable::NotWritable);
    }
}

#[test]
fn programs_can_be_run_there() {
    let dir = std::env::var_os("HM_TEST_NOEXEC_DIR").unwrap_or("/dev/shm".into());
    let no_exec = rustix::fs::statvfs(&dir)
        .is_ok_and(|stat| stat.f_flag.contains(rustix::fs::StatVfsMountFlags::NOEXEC));
    match tempfile::TempDir::new_in(&dir) {
        Ok(dir) if no_exec => assert_eq!(refused(&dir.path().join("nix")), Unsuitable::NoExec),
        _ => eprintln!("SKIPPED: a 'noexec' file system ({} is none)", dir.display()),
    }
}
