//! Archives of every kind, and what is wrong with some.

use nix_formats::InputValue;

use crate::world::{World, failure, text};

/// What is in each of the archives in `data/`, which lies in a directory there.
const TREE: &str = "bin/link->../file bin/run*=#!/bin/sh empty/ file=hello hard=hello";

fn data(name: &str) -> String {
    format!("file://{}/tests/it/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Nix 2.34 finds the same hash and time in them.
#[track_caller]
fn check(name: &str, last_modified: &str) {
    let world = World::new();
    let found = world.tree(&[("type", text("tarball")), ("url", text(data(name)))]).unwrap();
    assert_eq!(found.files, TREE, "{name}");
    assert_eq!(found.attr("narHash"), "sha256-FGLiQBT3F6rLd/ZlGzqyc09JB36dcuffbZmBArYDpqs=");
    assert_eq!(found.attr("lastModified"), last_modified, "{name}");
    assert_eq!(world.file(&data(name), true, None).unwrap(), TREE, "{name}");
}

#[test]
fn every_compression() {
    for name in ["tree.tar.gz", "tree.tar.xz", "tree.tar.bz2", "tree.tar.zst"] {
        check(name, "1000000007");
    }
    check("tree.zip", "1000000008");
}

#[test]
fn real_stores_get_them() {
    let world = World::with_store();
    assert_eq!(world.file(&data("tree.tar.gz"), true, None).unwrap(), TREE);
    let single = world.file(&data("tree.zip"), false, None).unwrap();
    assert!(single.ends_with("(bytes)"), "{single}");
    world.store().commit().unwrap();
}

#[test]
fn hashes_are_checked() {
    let world = World::new();
    let zeros = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let url = data("tree.tar.gz");
    for (unpack, hash) in [
        (true, "1ax60fv050crdpgyfwlxgq3ljkvkn8x1nrgnfz5sl5zp2i0f4qhl"),
        (false, "0pmv8lbq1ldmhmylkb5g5z38bjcvizaarc895yrdqqs6dif68gjm"),
    ] {
        let expected = format!(
            "hash mismatch in file downloaded from '{url}':\n  specified: sha256:{}\n  got:       sha256:{hash}",
            "0".repeat(52)
        );
        assert_eq!(failure(world.file(&url, unpack, Some(zeros))), expected);
    }
    let attrs = [("type", text("tarball")), ("url", text(&url)), ("narHash", text(zeros))];
    let expected = format!(
        "NAR hash mismatch in input '{url}?narHash={}', expected '{zeros}' but got \
         'sha256-FGLiQBT3F6rLd/ZlGzqyc09JB36dcuffbZmBArYDpqs='",
        zeros.replace('=', "%3D")
    );
    assert_eq!(failure(world.tree(&attrs)), expected);
    // By its hash it is found without its source.
    assert_eq!(
        world
            .file("file:///nowhere.tar.gz", true, Some("sha256-FGLiQBT3F6rLd/ZlGzqyc09JB36dcuffbZmBArYDpqs="))
            .unwrap(),
        TREE
    );
}

/// A tar archive with one member, given by name, type and target.
fn tar_with(members: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, kind, target) in members {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_mtime(1);
        let field = header.as_ustar_mut().unwrap();
        field.name[..name.len()].copy_from_slice(name.as_bytes());
        field.linkname[..target.len()].copy_from_slice(target.as_bytes());
        let contents: &[u8] = if kind.is_file() { b"x" } else { b"" };
        header.set_size(contents.len() as u64);
        header.set_cksum();
        archive.append(&header, contents).unwrap();
    }
    archive.into_inner().unwrap()
}

#[track_caller]
fn check_made(members: &[(&str, tar::EntryType, &str)], expected: &str) {
    let world = World::new();
    std::fs::write(world.path("t.tar"), tar_with(members)).unwrap();
    let url = format!("file://{}", world.path("t.tar").display());
    let found = world.file(&url, true, None).unwrap_or_else(|error| error.0);
    assert_eq!(found, expected);
    assert!(!world.path("out").exists() && !world.path("cache/out").exists());
}

#[test]
fn members_that_lead_elsewhere() {
    use tar::EntryType::{Directory, Fifo, Link, Regular, Symlink};
    check_made(&[], "/");
    check_made(&[("a", Regular, "")], "a=x");
    check_made(&[("t", Directory, ""), ("t/a", Regular, "")], "a=x");
    check_made(&[("t/u/a", Regular, "")], "u/a=x");
    check_made(&[("t/a", Regular, ""), ("b", Regular, "")], "b=x t/a=x");
    check_made(&[("l", Symlink, "t"), ("t/a", Regular, "")], "l->t t/a=x");
    check_made(&[("../../out", Regular, "")], "out=x");
    check_made(&[("/etc/out", Regular, "")], "out=x");
    check_made(&[("l", Symlink, "/tmp")], "l->/tmp");
    check_made(
        &[("l", Symlink, "/tmp"), ("l/out", Regular, "")],
        "file 'l' in tarball is a directory and something else as well",
    );
    check_made(&[("a", Regular, ""), ("b", Link, "a")], "a=x b=x");
    check_made(
        &[("b", Link, "/etc/passwd")],
        "file 'b' in tarball is a hard link to 'etc/passwd', which is not there",
    );
    check_made(&[("f", Fifo, "")], "file 'f' in tarball has unsupported file type 4096");
    let deep = "d/".repeat(45);
    check_made(&[(&format!("{deep}{}", "x"), Regular, "")], &format!("{}x=x", "d/".repeat(44)));
}

#[test]
fn what_is_no_archive() {
    let world = World::new();
    let place = |name: &str| world.path(name).display().to_string();
    std::fs::create_dir_all(world.path("repo/.git")).unwrap();
    std::fs::write(world.path("text"), "hello\n").unwrap();
    std::fs::write(world.path("cut.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    for (name, expected) in [
        ("nope", "does not exist."),
        ("cache-less", "does not exist."),
        ("repo", "is a git repository, not a tarball. Please use `git+file` as the scheme."),
        ("repo/.git", "is a directory, not a file."),
    ] {
        let found = failure(world.file(&format!("file://{}", place(name)), true, None));
        assert_eq!(found, format!("tarball {:?} {expected}", world.path(name)));
    }
    let found = failure(world.file(&format!("file://{}", place("text")), true, None));
    assert_eq!(found, "Failed to open archive (Unrecognized archive format)");
    let found = failure(world.file(&format!("file://{}", place("cut.gz")), true, None));
    assert!(found.starts_with("Failed to open archive ("), "{found}");
}

#[test]
fn attributes_are_those_of_the_type() {
    let world = World::new();
    let url = ("url", text("file:///x"));
    for (attrs, expected) in [
        (
            vec![("type", text("tarball")), url.clone(), ("owner", text("a"))],
            "input attribute 'owner' not supported by scheme 'tarball'",
        ),
        (vec![("type", text("tarball"))], "input attribute 'url' is missing"),
        (
            vec![("type", text("tarball")), ("url", InputValue::Int(1))],
            "input attribute 'url' is not a string {\"type\":\"tarball\",\"url\":1}",
        ),
        (
            vec![("type", text("file")), url.clone(), ("lastModified", text("1"))],
            "input attribute 'lastModified' is not an integer",
        ),
        (vec![("type", text("floppy"))], "cannot fetch unsupported input '{\"type\":\"floppy\"}'"),
        (vec![url], "'type' attribute to specify input scheme is required but not provided"),
        (
            vec![("type", text("file")), ("url", text("gopher://h/x"))],
            "unable to download 'gopher://h/x': Unsupported protocol (1) Protocol \"gopher\" not supported",
        ),
        (
            vec![("type", text("file")), ("url", text("file:///no/such/file"))],
            "unable to download 'file:///no/such/file': Could not read a file:// file (37) Could not open file /no/such/file",
        ),
    ] {
        assert_eq!(failure(world.tree(&attrs)), expected);
    }
}
