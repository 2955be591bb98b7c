//! Store objects from a binary cache.

use std::collections::{BTreeMap, BTreeSet};

use nix_eval::host::{ClosureRequest, Fetcher as _, HostError};
use nix_formats::nar;
use nix_formats::{Hash, StorePath, Tree};
use nix_store::{ReadOnlyStore, Store};

use crate::server::{Answer, Server};
use crate::world::{World, failure};

/// A binary cache of a directory that refers to a text, as if made in the store of `world`.
fn cache(world: &World, edit: impl Fn(String) -> String) -> (Server, StorePath) {
    let store = ReadOnlyStore::new(world.store().store_dir().clone());
    let text = store.add_text("text", b"hello", &BTreeSet::new()).unwrap();
    let tree = Tree::directory([("link", Tree::symlink(store.store_dir().join(&text)))]);
    let references = BTreeSet::from([text.clone()]);
    let top = store.add_tree("top", &tree, &references).unwrap();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (path, tree, address, references) in [
        (&text, Tree::file("hello"), "text:sha256:x", String::new()),
        (&top, tree, "fixed:r:sha256:x", text.base_name()),
    ] {
        let mut archive = Vec::new();
        nar::write(&tree, &mut archive).unwrap();
        let hash: Hash = nar::nar_hash(&tree).unwrap().0;
        let info = format!(
            "StorePath: {}\nURL: nar/{}.nar\nCompression: none\nNarHash: {}\nNarSize: {}\nReferences: {references}\nCA: {address}\n",
            store.store_dir().join(path),
            path.hash_part(),
            hash.prefixed(nix_formats::HashFormat::Nix32),
            archive.len(),
        );
        files.insert(format!("/{}.narinfo", path.hash_part()), edit(info).into_bytes());
        files.insert(format!("/nar/{}.nar", path.hash_part()), archive);
    }
    let server = Server::start(move |path, _| {
        files.get(path).map_or_else(|| Answer::status("404 Not Found"), |body| Answer::body(body.clone()))
    });
    (server, top)
}

fn fetch(world: &World, server: &Server, path: &StorePath) -> Result<String, HostError> {
    let request = ClosureRequest {
        from_store: &server.url(""),
        from_path: path,
        to_path: None,
        input_addressed: false,
    };
    world.with(|fetcher| {
        let object = fetcher.fetch_closure(&request)?;
        Ok(world.listing(fetcher, &object))
    })
}

#[test]
fn objects_known_by_their_contents_are_copied() {
    for world in [World::new(), World::with_store()] {
        let (server, top) = cache(&world, |info| info);
        let dir = world.store().store_dir().to_string();
        let found = fetch(&world, &server, &top).unwrap();
        assert!(found.starts_with(&format!("link->{dir}/")) && found.ends_with("-text"), "{found}");
        assert_eq!(server.requests().len(), 4);
    }
    let world = World::with_store();
    let (server, top) = cache(&world, |info| info);
    fetch(&world, &server, &top).unwrap();
    server.requests();
    fetch(&world, &server, &top).unwrap();
    assert_eq!(server.requests(), Vec::<String>::new());
    assert_eq!(world.store().closure(&BTreeSet::from([top])).unwrap().len(), 2);
}

#[test]
fn objects_that_are_not_what_they_should_be() {
    for (from, to, expected) in [
        ("CA: fixed", "Sig: x", "is input-addressed, but 'inputAddressed' is set to 'false' (default)."),
        ("CA: text", "Sig: x", "-text' is input-addressed, and copying such objects is not supported"),
        (
            "CA: fixed:r:sha256",
            "CA: fixed:git:sha1",
            "the content address 'fixed:git:sha1:x' is not supported",
        ),
        ("URL: ", "LRU: ", ".narinfo' is corrupt"),
        ("NarHash: sha256:", "NarHash: sha256:0", ".narinfo' is corrupt"),
        ("CA: text", "CA: fixed:r:sha256", "-text'"),
        ("URL: nar/", "URL: x/", "HTTP error 404"),
    ] {
        let world = World::new();
        let (server, top) = cache(&world, |info| info.replace(from, to));
        let found = failure(fetch(&world, &server, &top));
        assert!(found.contains(expected), "{from}: {found}");
    }
}
