//! Profiles as folders of numbered links, with stock Nix as the judge where it is installed.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use hm_generation::{Error, Profile, Session};

use crate::fixture::Fixture;

#[test]
fn garbage_in_the_folder_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let profile = Profile::new(dir.path(), "hm");
    assert_eq!(profile.list().unwrap(), []);
    assert_eq!((profile.next_id().unwrap(), profile.current().unwrap()), (1, None));
    let link = |target: &str, name: &str| symlink(target, dir.path().join(name)).unwrap();
    for name in
        ["hm-2-link", "hm-10-link", "hm-007-link", "hm-x-link", "hm--1-link", "other-3-link", "hm-4-linkx"]
    {
        link("/store/g", name);
    }
    fs::write(dir.path().join("hm-12-link"), "a file").unwrap();
    link("hm-2-link", "hm");
    let list = profile.list().unwrap();
    assert_eq!(list.iter().map(|each| (each.id, each.current)).collect::<Vec<_>>(), [(2, true), (10, false)]);
    assert_eq!(profile.next_id().unwrap(), 13, "a name that is taken is taken, by whatever it may be");
    assert!(matches!(profile.generation(12), Err(Error::NoSuchGeneration { id: 12, .. })));
    assert!(matches!(profile.previous(), Err(Error::NoPreviousGeneration { .. })));
}

#[test]
fn a_profile_that_is_no_link() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("hm"), "").unwrap();
    assert!(matches!(Profile::new(dir.path(), "hm").current(), Err(Error::ProfileNotALink { .. })));
}

#[test]
fn generations_are_numbered_and_removed() {
    let fixture = Fixture::new();
    for files in ["a", "b", "c"] {
        fixture.switch(&fixture.generation(files)).unwrap();
    }
    let ids = || fixture.env.profile.list().unwrap().iter().map(|each| each.id).collect::<Vec<_>>();
    let session = Session::open(&fixture.env, || true).unwrap();
    assert!(matches!(session.remove_generations(&[1, 3]), Err(Error::RemoveCurrent { id: 3 })));
    assert!(matches!(session.remove_generations(&[1, 9]), Err(Error::NoSuchGeneration { id: 9, .. })));
    assert_eq!(ids(), [1, 2, 3], "all or nothing");
    assert!(session.remove_generations(&[]).unwrap().is_empty());
    let removed = session.remove_generations(&[2, 1, 2]).unwrap();
    assert_eq!(removed.iter().map(|side| side.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(ids(), [3]);
    assert_eq!(fixture.env.profile.next_id().unwrap(), 4);
}

#[test]
fn stock_nix_reads_the_profile() {
    let fixture = Fixture::new();
    for files in ["a", "b"] {
        fixture.switch(&fixture.generation(files)).unwrap();
    }
    let listing = Command::new("nix-env")
        .arg("--list-generations")
        .arg("-p")
        .arg(fixture.env.profile.path())
        .env("HOME", &fixture.env.home)
        .env("NIX_STATE_DIR", fixture.root.path().join("nix-state"))
        .env("NIX_STORE_DIR", fixture.root.path().join("store"))
        .output();
    let Ok(listing) = listing else {
        eprintln!("SKIPPED: stock_nix_reads_the_profile: nix-env is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&listing.stdout);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 2, "{text}{}", String::from_utf8_lossy(&listing.stderr));
    assert!(lines[0].starts_with('1') && !lines[0].contains("(current)"), "{text}");
    assert!(lines[1].starts_with('2') && lines[1].ends_with("(current)"), "{text}");
}
