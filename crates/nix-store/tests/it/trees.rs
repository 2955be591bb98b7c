//! What is written, and what is taken from the file system.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix_formats::{StorePath, Tree};
use nix_store::{Error, FileKind, Store};

use crate::support::{Fixture, add_samples, refs};

/// Every file below `path` with its mode and modification time.
fn listing(path: &Path) -> Vec<String> {
    let metadata = path.symlink_metadata().unwrap();
    let mut lines =
        vec![format!("{:06o} {} {}", metadata.mode(), metadata.mtime(), path.file_name().unwrap().display())];
    if metadata.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        lines.extend(entries.iter().flat_map(|entry| listing(entry)).map(|line| format!("  {line}")));
    }
    lines
}

#[test]
fn objects_are_canonical() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let [text, tree] = add_samples(&store);
    assert_eq!(listing(&store.path_of(&text))[0].split_once(' ').unwrap().0, "100444");
    let lines = listing(&store.path_of(&tree)).join("\n").replace(&tree.base_name(), "OBJECT");
    insta::assert_snapshot!(lines, @r"
    040555 1 OBJECT
      040555 1 bin
        100555 1 run
      040555 1 empty
      120777 1 link
      100444 1 text
      100444 1 with space and é
    ");
    drop(store);
    let left: BTreeSet<_> =
        fs::read_dir(fixture.root().join("store")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let expected = [text.base_name(), tree.base_name(), ".links".to_owned()];
    assert_eq!(left, expected.into_iter().map(Into::into).collect());
}

#[test]
fn commits_once() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let samples = add_samples(&store);
    assert_eq!(store.pending(), 2);
    store.commit().unwrap();
    assert_eq!(store.pending(), 0);
    assert_eq!(add_samples(&store), samples);
    assert_eq!(store.pending(), 0);
    let again = fixture.open();
    assert_eq!(add_samples(&again), samples);
    assert_eq!(again.pending(), 0);
    assert!(again.is_valid(&samples[0]).unwrap());
    assert_eq!(again.references(&samples[1]).unwrap(), refs([&samples[0]]));
    assert_eq!(again.closure(&refs([&samples[1]])).unwrap(), refs(&samples));
    assert_eq!(again.verify().unwrap(), []);
}

#[test]
fn references_must_be_valid() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let absent = StorePath::from_base_name(format!("{}-absent", "0".repeat(32))).unwrap();
    let error = store.add_text("x", b"", &refs([&absent])).unwrap_err();
    assert!(matches!(error, Error::InvalidReference { reference, .. } if reference == absent));
    assert!(matches!(store.references(&absent), Err(Error::NotValid(_))));
    assert!(!store.is_valid(&absent).unwrap());
    assert_eq!(store.pending(), 0);
}

fn source(fixture: &Fixture) -> std::path::PathBuf {
    let source = fixture.path().join("source");
    fs::create_dir_all(source.join("dir/deep")).unwrap();
    fs::write(source.join("dir/deep/file"), "deep\n").unwrap();
    fs::write(source.join("program"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(source.join("program"), fs::Permissions::from_mode(0o710)).unwrap();
    std::os::unix::fs::symlink("program", source.join("link")).unwrap();
    source
}

#[test]
fn a_source_is_what_its_tree_is() {
    let fixture = Fixture::new();
    let source = source(&fixture);
    let store = fixture.open();
    let tree = Tree::directory([
        ("dir", Tree::directory([("deep", Tree::directory([("file", Tree::file("deep\n"))]))])),
        ("link", Tree::symlink("program")),
        ("program", Tree::executable("#!/bin/sh\n")),
    ]);
    let none = BTreeSet::new();
    let added = store.add_path_from_fs("source", &source, None).unwrap();
    assert_eq!(store.add_tree("source", &tree, &none).unwrap(), added);
    store.commit().unwrap();
    assert_eq!(store.verify().unwrap(), []);
    let file = store.add_path_from_fs("program", &source.join("program"), None).unwrap();
    assert_eq!(store.add_tree("program", &Tree::executable("#!/bin/sh\n"), &none).unwrap(), file);
    let link = store.add_path_from_fs("link", &source.join("link"), None).unwrap();
    assert_eq!(store.add_tree("link", &Tree::symlink("program"), &none).unwrap(), link);
}

#[test]
fn filters_decide_and_give_up() {
    let fixture = Fixture::new();
    let source = source(&fixture);
    let store = fixture.open();
    let mut seen = BTreeSet::new();
    let mut filter = |path: &Path, kind| {
        seen.insert((path.strip_prefix(fixture.path()).unwrap().to_str().unwrap().to_owned(), kind as u8));
        Some(kind != FileKind::Directory)
    };
    let added = store.add_path_from_fs("source", &source, Some(&mut filter)).unwrap();
    let tree =
        Tree::directory([("link", Tree::symlink("program")), ("program", Tree::executable("#!/bin/sh\n"))]);
    assert_eq!(store.add_tree("source", &tree, &BTreeSet::new()).unwrap(), added);
    let expected = [
        ("source/dir", FileKind::Directory),
        ("source/link", FileKind::Symlink),
        ("source/program", FileKind::Regular),
    ];
    assert_eq!(seen, expected.map(|(path, kind)| (path.to_owned(), kind as u8)).into());

    let error = store.add_path_from_fs("source", &source, Some(&mut |_, _| None)).unwrap_err();
    assert!(matches!(error, Error::FilterAborted(_)));
    let _socket = std::os::unix::net::UnixListener::bind(source.join("socket")).unwrap();
    let error = store.add_path_from_fs("source", &source, None).unwrap_err();
    assert!(matches!(error, Error::UnsupportedFile(path) if path.ends_with("socket")));
}

#[test]
fn two_processes_may_add_the_same() {
    let fixture = Fixture::new();
    fixture.open();
    let add = || {
        let store = fixture.open();
        for number in 0..50 {
            let tree = Tree::directory([("file", Tree::file(format!("{number}")))]);
            store.add_tree("x", &tree, &BTreeSet::new()).unwrap();
        }
        store.commit().unwrap();
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(add);
        }
    });
    assert_eq!(fixture.open().verify().unwrap(), []);
    fixture.assert_verified();
}
