//! Files and directories of the machine, inputs that cannot be fetched, and features.

use std::fs;

use nix_eval::features::Features;
use nix_eval::host::{Fetcher as _, InputSource};

use crate::world::{World, failure, text};

#[test]
fn everything_at_a_path() {
    let world = World::new();
    fs::create_dir_all(world.path("p/.git")).unwrap();
    fs::write(world.path("p/.git/x"), "y").unwrap();
    std::os::unix::fs::symlink("x", world.path("p/l")).unwrap();
    let place = world.path("p").display().to_string();
    let found = world.tree(&[("type", text("path")), ("path", text(&place))]).unwrap();
    assert_eq!(found.files, ".git/x=y l->x");
    assert_ne!(found.attr("lastModified"), "-");
    let found = world.url(&format!("path:{place}?lastModified=5&revCount=6")).unwrap();
    assert_eq!((found.attr("lastModified").as_str(), found.rev_count), ("5", Some(6)));
    for (url, expected) in [
        ("path:relative", "cannot fetch input 'path:relative' because it uses a relative path"),
        ("path:/no/such/path", "path '/no/such/path' does not exist"),
        ("path:/x?foo=1", "path URL 'path:/x?foo=1' has unsupported parameter 'foo'"),
        ("path://h/x", "path URL 'path://h/x' should not have an authority ('h')"),
        ("flake:nixpkgs", "indirect input 'flake:nixpkgs' cannot be fetched directly"),
        ("flake:a/b/c", "in flake URL 'flake:a/b/c', 'c' is not a commit hash"),
        ("github:a", "URL 'github:a' is invalid"),
        (
            "file+git:///x",
            "input 'file+git:///x' is unsupported; did you mean 'git+file' instead of 'file+git'?",
        ),
        ("gopher://h/x", "input 'gopher://h/x' is unsupported"),
        ("nixpkgs", "'nixpkgs' doesn't have a scheme"),
    ] {
        assert_eq!(failure(world.url(url)), expected, "{url}");
    }
}

#[test]
fn some_types_need_a_feature() {
    let world = World::new();
    let read = |url| world.with(|fetcher| fetcher.read_input(InputSource::Url(url), Features::default()));
    for url in ["path:/x", "github:a/b", "gitlab:a/b", "sourcehut:~a/b", "flake:a"] {
        let expected = "experimental Nix feature 'flakes' is disabled; add '--extra-experimental-features flakes' to enable it";
        assert_eq!(failure(read(url)), expected, "{url}");
    }
    for (url, locked) in [
        ("git+https://h/x", false),
        ("git+https://h/x?rev=f173c99092391bfeec05b3185b7583d9a40f9a01", true),
        ("https://h/x.tar.gz", false),
        ("https://h/x.tar.gz?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", true),
    ] {
        assert_eq!(read(url).unwrap().locked, locked, "{url}");
    }
}

/// Types, as Nix guesses them from URLs.
#[test]
fn urls_of_files_and_trees() {
    let world = World::new();
    for (url, kind, shown) in [
        ("https://h/x.tar.gz", "tarball", "https://h/x.tar.gz"),
        ("https://h/x", "tarball", "https://h/x"),
        (
            "file+https://h/x.tar.gz?a=1&rev=f173c99092391bfeec05b3185b7583d9a40f9a01",
            "file",
            "https://h/x.tar.gz?a=1",
        ),
        ("tarball+file:///x", "tarball", "file:///x"),
        ("git://h/x?ref=b", "git", "git://h/x?ref=b"),
        ("git+ssh://u@h/x?shallow=1&dir=d", "git", "git+ssh://u@h/x?dir=d&shallow=1"),
    ] {
        let read =
            world.with(|fetcher| fetcher.read_input(InputSource::Url(url), Features::default())).unwrap();
        assert_eq!(read.attrs["type"].as_str(), Some(kind), "{url}");
        assert_eq!(read.url, shown, "{url}");
    }
}
