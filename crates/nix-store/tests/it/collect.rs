//! Garbage collection, stock Nix's and the store's own.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix_formats::StorePath;
use nix_store::{EmbeddedStore, Error, Store};

use crate::support::{Fixture, add_samples, nix_store};

/// Six objects: four of them are kept, in the four ways in which a root can keep one.
struct Garden {
    kept: Vec<StorePath>,
    garbage: StorePath,
    /// The link of the indirect root.
    link: PathBuf,
}

fn plant(fixture: &Fixture) -> Garden {
    let store = fixture.open();
    let [text, tree] = add_samples(&store);
    let add = |name| store.add_text(name, b"", &BTreeSet::new()).unwrap();
    let (garbage, in_profile, by_name) = (add("garbage"), add("profile"), add("by-name"));
    store.commit().unwrap();
    let link = fixture.path().join("home/link");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(store.path_of(&tree), &link).unwrap();
    store.add_indirect_root(&link).unwrap();
    store.add_indirect_root(&link).unwrap();
    let state = store.state_dir();
    let profile = state.join("profiles/p-1-link");
    symlink(store.path_of(&in_profile), &profile).unwrap();
    symlink("p-1-link", state.join("profiles/p")).unwrap();
    fs::write(state.join("gcroots").join(by_name.base_name()), "").unwrap();
    Garden { kept: vec![text, tree, in_profile, by_name], garbage, link }
}

fn objects(store: &EmbeddedStore) -> BTreeSet<String> {
    let entries = fs::read_dir(store.store_dir().as_str()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".links")
        .collect()
}

fn names<'a>(paths: impl IntoIterator<Item = &'a StorePath>) -> BTreeSet<String> {
    paths.into_iter().map(StorePath::base_name).collect()
}

#[test]
fn stock_keeps_roots() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    let garden = plant(&fixture);
    let store = fixture.open();
    let auto: Vec<_> = fs::read_dir(store.state_dir().join("gcroots/auto")).unwrap().collect();
    assert_eq!(auto.len(), 1);
    fixture.lines(&["--gc"]);
    assert_eq!(objects(&store), names(&garden.kept));
    fixture.assert_verified();
    fs::remove_file(&garden.link).unwrap();
    fixture.lines(&["--gc"]);
    assert_eq!(objects(&store), names(&garden.kept[2..]));
}

/// The entry in `gcroots/auto` is the one that stock Nix makes for the same link.
#[test]
fn stock_names_indirect_roots_the_same() {
    let (own, stock) = (Fixture::new(), Fixture::new());
    if nix_store().is_none() {
        return;
    }
    let store = stock.open();
    let [text, _] = add_samples(&store);
    store.commit().unwrap();
    let link = stock.path().canonicalize().unwrap().join("link");
    let (link, full) = (link.to_str().unwrap(), store.store_dir().join(&text));
    stock.lines(&["--add-root", link, "--indirect", "--realise", &full]);
    own.open().add_indirect_root(Path::new(link)).unwrap();
    let entries = |fixture: &Fixture| -> Vec<_> {
        fs::read_dir(fixture.root().join("var/nix/gcroots/auto"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name(), fs::read_link(entry.path()).unwrap()))
            .collect()
    };
    assert_eq!(entries(&own), entries(&stock));
}

#[test]
fn stock_leaves_objects_in_the_making_alone() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    // Of two stores in one process, the second has a temporary root file with another name.
    let first = fixture.open();
    let early = first.add_text("early", b"", &BTreeSet::new()).unwrap();
    let store = fixture.open();
    let samples = add_samples(&store);
    fixture.lines(&["--gc"]);
    assert!(objects(&store).contains(&early.base_name()));
    drop(first);
    let left = objects(&store);
    assert!(names(&samples).is_subset(&left), "{left:?}");
    assert!(left.iter().any(|name| name.ends_with("-unfinished")), "{left:?}");
    store.commit().unwrap();
    // Nothing but the open store keeps them still.
    fixture.lines(&["--gc"]);
    assert!(names(&samples).is_subset(&objects(&store)));
    fixture.assert_verified();
    drop(store);
    fixture.lines(&["--gc"]);
    let store = fixture.open();
    assert_eq!(objects(&store), BTreeSet::new());
    assert!(!store.is_valid(&samples[0]).unwrap());
}

#[test]
fn own_collection_keeps_roots() {
    let fixture = Fixture::new();
    let garden = plant(&fixture);
    let store = fixture.open();
    let lock_file = format!("{}.lock", garden.garbage.base_name());
    fs::write(store.path_of(&garden.garbage).with_file_name(&lock_file), "").unwrap();
    fs::create_dir(Path::new(store.store_dir().as_str()).join("tmp-1-0")).unwrap();
    fs::write(Path::new(store.store_dir().as_str()).join(".links/unused"), "").unwrap();

    let before = objects(&store);
    let would = store.collect_garbage(true).unwrap();
    assert_eq!(objects(&store), before);
    let did = store.collect_garbage(false).unwrap();
    assert_eq!(would, did);
    let deleted: BTreeSet<_> =
        did.deleted.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(deleted, BTreeSet::from([garden.garbage.base_name(), lock_file, "tmp-1-0".to_owned()]));
    assert_eq!(objects(&store), names(&garden.kept));
    assert!(!store.is_valid(&garden.garbage).unwrap());
    assert!(fs::read_dir(Path::new(store.store_dir().as_str()).join(".links")).unwrap().next().is_none());
    assert_eq!(store.verify().unwrap(), []);
    fixture.assert_verified();

    fs::remove_file(&garden.link).unwrap();
    let freed = store.collect_garbage(false).unwrap();
    assert_eq!(freed.deleted.len(), 2);
    assert!(freed.bytes > 0);
    assert_eq!(objects(&store), names(&garden.kept[2..]));
    assert!(fs::read_dir(store.state_dir().join("gcroots/auto")).unwrap().next().is_none());
    fixture.assert_verified();
}

#[test]
fn own_collection_spares_what_is_in_use() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let add = |store: &EmbeddedStore, name| store.add_text(name, b"", &BTreeSet::new()).unwrap();
    let added = add(&store, "added");
    assert!(matches!(store.collect_garbage(false), Err(Error::Uncommitted)));
    store.commit().unwrap();

    let other = fixture.open();
    let run = add(&other, "run");
    other.commit().unwrap();
    drop(other);
    let mut process = Command::new("sleep")
        .arg("60")
        .env("USES", format!("x:{}/bin", store.store_dir().join(&run)))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let uncommitted = fixture.open();
    let making = add(&uncommitted, "making");
    assert_eq!(store.collect_garbage(false).unwrap().deleted, Vec::<PathBuf>::new());
    process.kill().unwrap();
    process.wait().unwrap();
    let expected: Vec<_> = [&run].map(|path| store.path_of(path)).into();
    assert_eq!(store.collect_garbage(false).unwrap().deleted, expected);
    uncommitted.commit().unwrap();
    assert!(store.is_valid(&added).unwrap() && store.is_valid(&making).unwrap());
    assert_eq!(store.verify().unwrap(), []);
}

#[test]
fn own_collection_spares_what_the_caller_names() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let below = store.add_text("below", b"", &BTreeSet::new()).unwrap();
    let kept = store.add_text("kept", b"", &BTreeSet::from([below.clone()])).unwrap();
    let gone = store.add_text("gone", b"", &BTreeSet::new()).unwrap();
    store.commit().unwrap();
    drop(store);
    let store = fixture.open();
    let text = format!("x={}:{}/bin", store.store_dir().join(&kept), store.store_dir().join(&kept));
    let keep = nix_store::mentioned(store.store_dir(), text.as_bytes());
    assert_eq!(keep, BTreeSet::from([kept.clone()]));
    let deleted = store.collect_garbage_keeping(&keep, false).unwrap().deleted;
    assert_eq!(deleted, [store.path_of(&gone)]);
    assert!(store.is_valid(&kept).unwrap() && store.is_valid(&below).unwrap());
    assert_eq!(store.verify().unwrap(), []);
}

#[test]
fn roots_are_absolute() {
    let fixture = Fixture::new();
    let error = fixture.open().add_indirect_root(Path::new("link")).unwrap_err();
    assert!(matches!(error, Error::RelativeRoot(_)));
}
