//! Store objects from a binary cache.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;

use nix_eval::host::{ClosureRequest, Fetcher as _};
use nix_formats::content_address::{ContentAddress, ContentAddressMethod};
use nix_formats::nar;
use nix_formats::nar_info::{Compression, NarInfo};
use nix_formats::rewrite::ModuloHasher;
use nix_formats::signature::SecretKey;
use nix_formats::{FileIngestion, HashAlgo, ObjectInfo, StoreDir, StorePath, Tree};

use crate::server::{Answer, Server};
use crate::world::World;

/// The files of a cache by their paths.
type Files = BTreeMap<String, Vec<u8>>;

fn key() -> SecretKey {
    SecretKey::from_seed("test-1", &[1; 32])
}

/// What the cache has, by name: `text` and `own` are known by their contents, `leaf` and `top` by their inputs and signed;
/// `own` and `top` refer to themselves.
struct Sample {
    dir: StoreDir,
    objects: Vec<(NarInfo, Tree)>,
}

impl Sample {
    fn new(dir: &StoreDir) -> Self {
        let mut sample = Sample { dir: dir.clone(), objects: Vec::new() };
        let fixed = |digit: char, name: &str| {
            StorePath::from_base_name(format!("{}-{name}", String::from(digit).repeat(32))).unwrap()
        };
        let hash = HashAlgo::Sha256.digest("hello");
        let text = ContentAddress { method: ContentAddressMethod::Text, hash };
        let path = text.path(dir, "text", &BTreeSet::new(), false).unwrap();
        let text = sample.add(path, Tree::file("hello"), &[], Some(text));

        let own = |path: &StorePath| {
            Tree::directory([("a", Tree::executable(format!("{0} {0}/a", dir.join(path))))])
        };
        let seed = fixed('0', "own");
        let mut hasher = ModuloHasher::new(HashAlgo::Sha256, &seed);
        nar::write(&own(&seed), &mut hasher).unwrap();
        let method = ContentAddressMethod::Fixed(FileIngestion::Recursive);
        let address = ContentAddress { method, hash: hasher.finish().zeroed };
        let path = address.path(dir, "own", &BTreeSet::new(), true).unwrap();
        sample.add(path.clone(), own(&path), &[path], Some(address));

        let leaf = fixed('1', "leaf");
        let tree = Tree::directory([("link", Tree::symlink(dir.join(&text)))]);
        sample.add(leaf.clone(), tree, &[text], None);
        let top = fixed('2', "top");
        let tree = Tree::file(format!("{} {}", dir.join(&top), dir.join(&leaf)));
        sample.add(top.clone(), tree, &[leaf, top], None);
        sample
    }

    fn add(
        &mut self,
        path: StorePath,
        tree: Tree,
        references: &[StorePath],
        content_address: Option<ContentAddress>,
    ) -> StorePath {
        let (nar_hash, nar_size) = nar::nar_hash(&tree).unwrap();
        let mut object = ObjectInfo {
            path: path.clone(),
            nar_hash,
            nar_size,
            references: references.iter().cloned().collect(),
            deriver: None,
            signatures: BTreeSet::new(),
            content_address,
        };
        if object.content_address.is_none() {
            object.signatures.insert(key().sign(object.fingerprint(&self.dir).as_bytes()));
        }
        let info = NarInfo {
            object,
            url: format!("nar/{}.nar", path.name()),
            // One of them is compressed.
            compression: if path.name() == "top" { Compression::GZIP } else { Compression::NONE },
            file_hash: None,
            file_size: 0,
        };
        self.objects.push((info, tree));
        path
    }

    fn path(&self, name: &str) -> StorePath {
        let mut paths = self.objects.iter().map(|(info, _)| &info.object.path);
        paths.find(|path| path.name() == name).unwrap().clone()
    }

    /// The cache's files, their texts changed by `edit`.
    fn files(&self, edit: impl Fn(String) -> String) -> Files {
        let mut files = Files::new();
        let mut text = |name: String, text: String| _ = files.insert(name, edit(text).into_bytes());
        text("nix-cache-info".to_owned(), format!("StoreDir: {}\n", self.dir));
        for (info, _) in &self.objects {
            text(format!("{}.narinfo", info.object.path.hash_part()), info.to_text(&self.dir));
        }
        for (info, tree) in &self.objects {
            let mut archive = Vec::new();
            nar::write(tree, &mut archive).unwrap();
            if info.compression == Compression::GZIP {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
                encoder.write_all(&archive).unwrap();
                archive = encoder.finish().unwrap();
            }
            files.insert(info.url.clone(), archive);
        }
        files.retain(|_, contents| !contents.is_empty());
        files
    }
}

fn serve(files: Files) -> Server {
    Server::start(move |path, _| match files.get(path.trim_start_matches('/')) {
        Some(body) => Answer::body(body.clone()),
        None => Answer::status("404 Not Found"),
    })
}

/// What becomes of a request: what is in the object, or the error; with `$` for the store directory and shortened paths.
fn fetch(
    world: &World,
    from_store: &str,
    from_path: &StorePath,
    to_path: Option<Option<&StorePath>>,
    input_addressed: bool,
) -> String {
    let request = ClosureRequest { from_store, from_path, to_path, input_addressed };
    let found = world.with(|fetcher| {
        let fetched = fetcher.fetch_closure(&request).map_err(|error| error.0)?;
        assert!(fetched.closure.contains(&fetched.path));
        Ok::<_, String>(format!("{} of {}", world.listing(fetcher, &fetched.path), fetched.closure.len()))
    });
    found.unwrap_or_else(|error| error).replace(world.store().store_dir().as_str(), "$")
}

/// Both kinds of worlds: one that only computes, and one with a store.
fn worlds(trusted: Option<&[&str]>) -> [World; 2] {
    let trusted = trusted.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
    [World::new(), World::with_store()].map(|world| world.trusting(trusted.clone()))
}

/// Fetches `name`, in both worlds, with the cache's texts changed by `edit`.
#[track_caller]
fn check(
    trusted: Option<&[&str]>,
    name: &str,
    input_addressed: bool,
    edit: impl Fn(String) -> String,
    expected: &str,
) {
    for world in worlds(trusted) {
        let sample = Sample::new(world.store().store_dir());
        let server = serve(sample.files(&edit));
        let found = fetch(&world, &server.url(""), &sample.path(name), None, input_addressed);
        assert!(found.contains(expected), "{name}: {found}");
    }
}

#[test]
fn what_is_known_by_its_contents_needs_no_signature() {
    let same = |text| text;
    check(Some(&[]), "text", false, same, "=hello of 1");
    check(Some(&[]), "own", false, same, "a*=$/");
    check(Some(&[]), "own", true, same, "is not input-addressed, but 'inputAddressed' is set to 'true'.");
}

#[test]
fn what_is_known_by_its_inputs_needs_a_signature() {
    let same = |text| text;
    let public = key().public();
    let keys: &[&str] = &[&public];
    let lacks = "cannot add path '$/11111111111111111111111111111111-leaf' because it lacks a signature by a trusted key";
    for trusted in [Some(keys), None] {
        let contents = "=$/22222222222222222222222222222222-top $/11111111111111111111111111111111-leaf of 3";
        check(trusted, "top", true, same, contents);
        check(
            trusted,
            "top",
            false,
            same,
            "is input-addressed, but 'inputAddressed' is set to 'false' (default).",
        );
    }
    check(Some(&[]), "top", true, same, lacks);
    let other = SecretKey::from_seed("test-1", &[2; 32]).public();
    check(Some(&[&other]), "top", true, same, lacks);
    check(Some(keys), "top", true, |text| text.replace("-text\nSig: ", "-text\nSig: x"), lacks);
    check(Some(&["x"]), "top", true, same, "key is corrupt with raw value 'x'");
    check(
        Some(keys),
        "leaf",
        true,
        |text| text.replace("Sig: test-1:", "Sig: test-1:AAAA\nX: "),
        "signature is not valid",
    );
}

#[test]
fn what_is_not_what_it_should_be() {
    let changed = |from: &'static str, to: &'static str| move |text: String| text.replace(from, to);
    let public = key().public();
    let wrong_size = |text: String| text.replace("NarSize: ", "NarSize: 1");
    check(None, "text", false, wrong_size, "size mismatch importing path '$/");
    check(
        Some(&[&public]),
        "leaf",
        true,
        |text| if text.contains("-leaf\n") { wrong_size(text) } else { text },
        "lacks a signature",
    );
    let wrong_hash =
        |text: String| text.replace("NarSize: ", &format!("NarHash: sha256:{}\nNarSize: ", "0".repeat(52)));
    check(None, "leaf", true, wrong_hash, "hash mismatch importing path '$/");
    check(
        None,
        "own",
        false,
        changed("CA: fixed:r:", "CA: text:sha256:0000000000000000000000000000000000000000000000000000\nX: "),
        "has the content address 'text:",
    );
    check(Some(&[]), "own", false, changed("CA: fixed:r:", "X: "), "lacks a signature by a trusted key");
    check(None, "text", false, changed("URL: ", "LRU: "), ".narinfo' is corrupt: URL missing");
    check(
        None,
        "text",
        false,
        changed("URL: nar/", "URL: nah/"),
        "file 'nah/text.nar' does not exist in binary cache 'http://",
    );
    check(None, "text", false, changed("none", "br"), "is compressed with 'br', which is not supported");
    check(None, "top", true, changed("none", "xz"), "=$/2222");
    check(None, "text", false, changed("-text\n", "-txet\n"), "-text' is not valid");
    check(None, "text", false, changed("StorePath: ", "StorePath: /x"), "is not in the store directory");
    check(
        None,
        "text",
        false,
        |text| text.replace("StoreDir: ", "StoreDir: /x"),
        "is for Nix stores with prefix '/x",
    );
    check(
        None,
        "text",
        false,
        |text| if text.starts_with("StoreDir") { String::new() } else { text },
        "' does not appear to be a binary cache",
    );
    check(
        None,
        "text",
        false,
        |text| if text.contains("-text") { String::new() } else { text },
        "-text' is not valid",
    );
    check(
        None,
        "leaf",
        true,
        changed("References: \n", "References: 22222222222222222222222222222222-top\n"),
        "cycle detected in the references of '$/",
    );
}

#[test]
fn closures_are_rewritten() {
    for world in worlds(Some(&[])) {
        let sample = Sample::new(world.store().store_dir());
        let server = serve(sample.files(|text| text));
        let (url, top) = (server.url(""), sample.path("top"));
        let told = fetch(&world, &url, &top, Some(None), false);
        let hint = "Use this value for the 'toPath' attribute passed to 'fetchClosure'";
        let to = told.split('\'').nth(3).unwrap().trim_start_matches("$/").to_owned();
        assert_eq!(told, format!("rewriting '$/{top}' to content-addressed form yielded '$/{to}'\n{hint}"));
        let to = StorePath::from_base_name(to).unwrap();
        let found = fetch(&world, &url, &top, Some(Some(&to)), false);
        assert!(found.starts_with(&format!("=$/{to} $/")) && found.ends_with("-leaf of 3"), "{found}");
        assert!(!found.contains("1111") && !found.contains("2222"), "{found}");
        // The other one is not what it becomes, and is not looked at when it is there.
        let own = sample.path("own");
        let wrong = fetch(&world, &url, &top, Some(Some(&own)), false);
        assert!(wrong.ends_with(&format!("yielded '$/{to}', while '$/{own}' was expected")), "{wrong}");
        if world.store().is_valid(&to).unwrap() {
            server.requests();
            assert_eq!(fetch(&world, &url, &own, Some(Some(&to)), false), found);
            assert_eq!(server.requests(), Vec::<String>::new());
        }
    }
    let world = World::with_store().trusting(None);
    let sample = Sample::new(world.store().store_dir());
    let server = serve(sample.files(|text| text));
    let top = sample.path("top");
    fetch(&world, &server.url(""), &top, None, true);
    let found = fetch(&world, &server.url(""), &top, Some(Some(&top)), false);
    assert!(found.contains("is input-addressed, so it can't possibly be the result of rewriting"), "{found}");
}

/// What `nix store make-content-addressed` of stock Nix 2.34 makes of the same cache for `/nix/store`, and what 2.8 does,
/// which hashes the places of self references as 2.35 does again.
#[test]
fn rewritten_paths_are_those_of_stock() {
    let world = World::new();
    let sample = Sample::new(&StoreDir::default());
    let server = serve(sample.files(|text| text));
    for (name, expected) in [
        ("text", "dqjgyv73r2fk74xsf7zpx15ffnppii82-text"),
        ("own", "bkfk1bwbyfmvfhd4g6r2qc7a4kkmv753-own"),
        ("own", "wcvj3p1bcc8pjn3h7xk4j4g12z7jf210-own"),
        ("leaf", "zkmf3rfv3f5haaw05nxddbrb7gfm96zg-leaf"),
        ("top", "q2n2bghxyhpvsbxmjjksp2winfdi7xy9-top"),
        ("top", "r7f14zl57kwjj4mqwc70llrldfl9mfdd-top"),
    ] {
        let to = StorePath::from_base_name(expected).unwrap();
        let found = fetch(&world, &server.url(""), &sample.path(name), Some(Some(&to)), false);
        assert!(!found.contains("yielded") && found.contains(" of "), "{found}");
    }
}

#[test]
fn objects_are_asked_for_once() {
    let world = World::with_store().trusting(None);
    let sample = Sample::new(world.store().store_dir());
    let server = serve(sample.files(|text| text));
    let top = sample.path("top");
    fetch(&world, &server.url(""), &top, None, true);
    let requests = server.requests();
    assert_eq!(requests.len(), 1 + 3 * 2, "{requests:?}");
    fetch(&world, &server.url(""), &top, None, true);
    assert_eq!(server.requests(), Vec::<String>::new());
    assert_eq!(world.store().closure(&BTreeSet::from([top])).unwrap().len(), 3);

    // Where nothing is stored, the archives are.
    let world = World::new().trusting(None);
    let sample = Sample::new(world.store().store_dir());
    let top = sample.path("top");
    let server = serve(sample.files(|text| text));
    for expected in [7, 5] {
        fetch(&world, &server.url(""), &top, None, true);
        let requests = server.requests();
        assert_eq!(requests.len(), expected, "{requests:?}");
    }
}

#[test]
fn a_cache_may_be_a_directory() {
    for world in worlds(Some(&[])) {
        let sample = Sample::new(world.store().store_dir());
        let root = world.path("cache dir");
        let url = format!("file://{}/", world.path("cache%20dir").display());
        let own = sample.path("own");
        fs::create_dir_all(root.join("nar")).unwrap();
        assert!(fetch(&world, &url, &own, None, false).ends_with("-own' is not valid"));
        for (from, to, expected) in [
            (
                "URL: nar",
                "URL: ../nar",
                "local binary cache path '../nar/own.nar' must not contain '..' or '.' segments",
            ),
            ("URL: nar", "URL: /nar", "local binary cache path '/nar/own.nar' must not be absolute"),
            ("URL: nar", "URL: nar", "a*=$/"),
        ] {
            for (name, contents) in sample.files(|text| text.replace(from, to)) {
                fs::write(root.join(name), contents).unwrap();
            }
            let found = fetch(&world, &url, &own, None, false);
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
