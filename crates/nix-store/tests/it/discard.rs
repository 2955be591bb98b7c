//! Taking back what was not committed, alone and next to others who use the same store.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use nix_formats::StorePath;
use nix_store::{EmbeddedStore, Store};

use crate::support::{Fixture, add_samples, nix_store};

fn add(store: &EmbeddedStore, name: &str) -> StorePath {
    store.add_text(name, b"", &BTreeSet::new()).unwrap()
}

fn is_there(fixture: &Fixture, object: &StorePath) -> bool {
    fixture.root().join("store").join(object.base_name()).symlink_metadata().is_ok()
}

fn entries(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[test]
fn a_store_made_for_nothing_is_removed_with_the_way_to_it() {
    let fixture = Fixture::new();
    let root = fixture.path().join("home/share/nix");
    let open = || EmbeddedStore::open(&root, &crate::support::options()).unwrap();
    open().discard().unwrap();
    assert_eq!(entries(fixture.path()), 0);

    fs::create_dir(fixture.path().join("home")).unwrap();
    let store = open();
    add_samples(&store);
    fs::write(fixture.path().join("home/share/other"), "").unwrap();
    store.discard().unwrap();
    assert!(!root.exists() && fixture.path().join("home/share/other").exists());

    let store = open();
    let kept = add(&store, "kept");
    store.commit().unwrap();
    store.discard().unwrap();
    assert!(open().is_valid(&kept).unwrap());
    open().discard().unwrap();
    assert!(root.exists(), "it was there before");
}

#[test]
fn only_what_was_added_since_the_commit() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let committed = add_samples(&store);
    store.commit().unwrap();
    let later = add(&store, "later");
    store.discard().unwrap();
    assert!(committed.iter().all(|object| is_there(&fixture, object)) && !is_there(&fixture, &later));

    // What an interrupted process left was there before.
    let left = add(&fixture.open(), "left");
    let store = fixture.open();
    add(&store, "left");
    store.discard().unwrap();
    assert!(is_there(&fixture, &left));
    let left = fixture.open().collect_garbage(false).unwrap();
    assert_eq!(left.deleted.len(), 3);
    assert_eq!(fixture.open().verify().unwrap(), []);
}

#[test]
fn not_what_others_use() {
    let fixture = Fixture::new();
    let (discarded, other) = (fixture.open(), fixture.open());
    let [text, tree] = add_samples(&discarded);
    let (mine, registered) = (add(&discarded, "mine"), add(&discarded, "registered"));
    assert_eq!(add_samples(&other), [text.clone(), tree.clone()]);
    {
        let third = fixture.open();
        add(&third, "registered");
        third.commit().unwrap();
    }
    discarded.discard().unwrap();
    assert!(!is_there(&fixture, &mine) && is_there(&fixture, &registered));
    assert!(is_there(&fixture, &text) && is_there(&fixture, &tree));
    other.commit().unwrap();
    assert_eq!(other.verify().unwrap(), []);
    if nix_store().is_some() {
        fixture.assert_verified();
    }
}

#[test]
fn stores_that_come_and_go_at_once() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let fixture = &fixture;
            scope.spawn(move || {
                for round in 0..10 {
                    let store = fixture.open();
                    let objects = add_samples(&store);
                    if thread == 0 && round == 5 {
                        store.commit().unwrap();
                    }
                    assert!(objects.iter().all(|object| is_there(fixture, object)));
                    store.discard().unwrap();
                }
            });
        }
    });
    let store = fixture.open();
    assert_eq!(store.verify().unwrap(), []);
    assert!(store.collect_garbage(false).unwrap().deleted.len() >= 2);
}

#[test]
fn a_database_that_a_power_failure_left_half_made() {
    for half in [&[0_u8; 4096] as &[u8], b"", b"SQLite format 3\0"] {
        let fixture = Fixture::new();
        drop(fixture.open());
        let db = fixture.root().join("var/nix/db");
        assert!(!db.join("schema").exists());
        fs::write(db.join("db.sqlite"), half).unwrap();
        let store = fixture.open();
        let objects = add_samples(&store);
        store.commit().unwrap();
        assert_eq!(fs::read_to_string(db.join("schema")).unwrap(), "10");
        drop(store);
        // The name of that file may be lost while what is registered is not.
        fs::remove_file(db.join("schema")).unwrap();
        assert!(fixture.open().is_valid(&objects[1]).unwrap());
    }
}
