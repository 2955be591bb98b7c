//! Objects from other stores: taken as they are, or not at all.

use std::collections::BTreeSet;
use std::fs;

use nix_formats::content_address::{ContentAddress, ContentAddressMethod};
use nix_formats::nar::{nar_hash, write};
use nix_formats::rewrite::ModuloHasher;
use nix_formats::{FileIngestion, HashAlgo, ObjectInfo, StoreDir, StorePath, Tree};
use nix_store::{EmbeddedStore, Error, ReadOnlyStore, Store};

use crate::support::{Fixture, nix_store, refs};

/// An object as another store might have it.
struct Foreign {
    info: ObjectInfo,
    archive: Vec<u8>,
}

impl Foreign {
    fn new(path: StorePath, tree: &Tree, references: BTreeSet<StorePath>) -> Self {
        let mut archive = Vec::new();
        write(tree, &mut archive).unwrap();
        let (nar_hash, nar_size) = nar_hash(tree).unwrap();
        let info = ObjectInfo {
            path,
            nar_hash,
            nar_size,
            references,
            deriver: Some(path_of("00000000000000000000000000000000-x.drv")),
            signatures: BTreeSet::from(["k:AAAA".parse().unwrap(), "l:BBBB".parse().unwrap()]),
            content_address: None,
        };
        Self { info, archive }
    }

    /// One that refers to itself and is known by its contents.
    fn own(dir: &StoreDir) -> Self {
        let seed = path_of("11111111111111111111111111111111-own");
        let tree = |path: &StorePath| {
            Tree::directory([("bin", Tree::executable(format!("#!{0}/sh\n{0}\n", dir.join(path))))])
        };
        let mut hasher = ModuloHasher::new(HashAlgo::Sha256, &seed);
        write(&tree(&seed), &mut hasher).unwrap();
        let method = ContentAddressMethod::Fixed(FileIngestion::Recursive);
        let address = ContentAddress { method, hash: hasher.finish().zeroed };
        let path = address.path(dir, "own", &BTreeSet::new(), true).unwrap();
        let mut own = Self::new(path.clone(), &tree(&path), refs([&path]));
        own.info.content_address = Some(address);
        own
    }

    fn add(&self, store: &dyn Store) -> Result<(), Error> {
        store.add_valid(&self.info, &mut self.archive.as_slice())
    }
}

fn path_of(base_name: &str) -> StorePath {
    StorePath::from_base_name(base_name).unwrap()
}

/// An object that is known by its inputs and refers to itself and to `other`.
fn built(dir: &StoreDir, other: &StorePath) -> Foreign {
    let path = path_of("22222222222222222222222222222222-built");
    let text = format!("{} {}", dir.join(&path), dir.join(other));
    Foreign::new(path.clone(), &Tree::file(text), refs([&path, other]))
}

#[test]
fn objects_are_taken_as_they_are() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let dir = store.store_dir().clone();
    let own = Foreign::own(&dir);
    let built = built(&dir, &own.info.path);
    let imagined = ReadOnlyStore::new(dir.clone());
    for store in [&store as &dyn Store, &imagined] {
        own.add(store).unwrap();
        built.add(store).unwrap();
        built.add(store).unwrap();
        assert_eq!(store.references(&own.info.path).unwrap(), own.info.references);
        assert_eq!(store.references(&built.info.path).unwrap(), built.info.references);
    }
    let known = |store: &dyn Store| {
        [&own, &built].map(|object| store.is_content_addressed(&object.info.path).unwrap())
    };
    assert_eq!(known(&imagined), [true, false]);
    assert_eq!(known(&store), [true, false]);
    assert_eq!(store.pending(), 2);
    store.commit().unwrap();
    assert_eq!(known(&store), [true, false]);
    assert!(matches!(
        store.is_content_addressed(&path_of("33333333333333333333333333333333-x")),
        Err(Error::NotValid(_))
    ));
    let problems = store.verify().unwrap();
    assert!(problems.is_empty(), "{problems:?}");

    if nix_store().is_some() {
        fixture.assert_verified();
        let full = |object: &Foreign| dir.join(&object.info.path);
        assert_eq!(fixture.lines(&["--query", "--references", &full(&own)]), [full(&own)]);
        assert_eq!(fixture.lines(&["--query", "--references", &full(&built)]).len(), 2);
        let deriver = dir.join(built.info.deriver.as_ref().unwrap());
        assert_eq!(fixture.lines(&["--query", "--deriver", &full(&built)]), [deriver]);
    }
    let database = rusqlite::Connection::open(fixture.root().join("var/nix/db/db.sqlite")).unwrap();
    let signatures: String =
        database.query_row("select sigs from ValidPaths where ca is null", [], |row| row.get(0)).unwrap();
    assert_eq!(signatures, "k:AAAA l:BBBB");
    drop((database, store));
    // That an object refers to itself keeps it from nothing.
    assert_eq!(fixture.open().collect_garbage(false).unwrap().deleted.len(), 2);
    fixture.assert_verified();
}

#[test]
fn nothing_stays_of_what_is_refused() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let dir = store.store_dir().clone();
    let entries = |store: &EmbeddedStore| -> Vec<_> {
        let names =
            fs::read_dir(fixture.root().join("store")).unwrap().map(|entry| entry.unwrap().file_name());
        let unfinished = |name: &std::ffi::OsString| name.to_string_lossy().ends_with("-unfinished");
        let (workshops, objects): (Vec<_>, Vec<_>) =
            names.filter(|name| name != ".links").partition(unfinished);
        for workshop in workshops {
            let rest = fs::read_dir(store.path_of(&path_of(workshop.to_str().unwrap()))).unwrap().count();
            assert_eq!(rest, 0);
        }
        objects
    };
    let own = Foreign::own(&dir);
    let check = |edit: &dyn Fn(&mut Foreign), expected: &str| {
        let mut object = Foreign { info: own.info.clone(), archive: own.archive.clone() };
        edit(&mut object);
        let found = object.add(&store).unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
        assert_eq!(entries(&store), Vec::<std::ffi::OsString>::new());
    };
    check(&|object| object.info.nar_size += 1, "size mismatch importing path");
    check(&|object| object.info.nar_hash = HashAlgo::Sha256.digest("x"), "hash mismatch importing path");
    check(&|object| object.archive.truncate(100), "it ends too early");
    check(
        &|object| _ = object.info.references.insert(path_of("44444444444444444444444444444444-x")),
        "not in the store",
    );
    check(
        &|object| {
            object.info.content_address = object
                .info
                .content_address
                .map(|address| ContentAddress { hash: HashAlgo::Sha256.digest("x"), ..address })
        },
        "ca hash mismatch importing path",
    );
    // What lay in its place without being registered is replaced.
    let place = store.path_of(&own.info.path);
    fs::write(&place, "remains").unwrap();
    own.add(&store).unwrap();
    assert!(place.join("bin").exists());
    store.discard().unwrap();
    assert!(!place.exists());
}
