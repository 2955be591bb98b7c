//! Evaluations that fetch are kept as long as what was fetched holds.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::Kept;
use crate::support::repository;

#[test]
fn what_is_fetched_is_asked_for_again() {
    let kept = Kept::new();
    let archive = kept.home.path().join("tree.tar.gz");
    fs::copy(repository().join("crates/nix-flake/tests/it/data/tree.tar.gz"), &archive).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    let fetch = format!("builtins.readFile ((fetchTarball \"file://{}\") + \"/file\")", archive.display());
    for mode in ["--readonly-mode", "--read-write-mode"] {
        let program = ["eval", mode, "-E", &fetch];
        kept.check_twice(&program);
        // The same archive, written anew, is looked at again.
        let bytes = fs::read(&archive).unwrap();
        fs::write(&archive, bytes).unwrap();
        std::thread::sleep(Duration::from_millis(120));
        kept.check_twice(&program);
        // So are those of which the fetchers' cache has lost the contents.
        if mode == "--readonly-mode" {
            fs::remove_dir_all(kept.home.path().join(".cache/hm/trees")).unwrap();
            kept.check(&program, false);
            kept.check(&program, true);
        }
    }
    // So is what stands on the search path by its URL.
    let include = format!("p=file://{}", archive.display());
    kept.check_twice(&["eval", "-I", &include, "<p>"]);
    // A tree that is taken where it lies.
    kept.home.write("tree/file", "one");
    std::thread::sleep(Duration::from_millis(120));
    let tree = format!(
        "(builtins.fetchTree {{ type = \"path\"; path = \"{}/tree\"; }}).narHash",
        kept.home.path().display()
    );
    let program = ["eval", "--extra-experimental-features", "flakes fetch-tree", "-E", &tree];
    let first = kept.check_twice(&program);
    kept.home.write("tree/file", "two");
    std::thread::sleep(Duration::from_millis(120));
    let second = kept.check_twice(&program);
    assert_ne!(first.stdout, second.stdout);
}

/// What a branch leads to is believed as long as the settings say.
#[test]
fn what_is_fetched_expires() {
    let kept = Kept::new();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(kept.home.path()).env("HOME", kept.home.path());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "a").env(format!("GIT_{role}_EMAIL"), "a@b");
        }
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q", "-b", "main", "work"]);
    kept.home.write("work/file", "one");
    git(&["-C", "work", "add", "file"]);
    git(&["-C", "work", "commit", "-q", "-m", "one"]);
    // A repository without a work tree is cloned, as one behind a server is.
    git(&["clone", "-q", "--bare", "work", "bare"]);
    let fetch = format!(
        "builtins.readFile ((builtins.fetchGit {{ url = \"file://{}/bare\"; ref = \"main\"; }}) + \"/file\")",
        kept.home.path().display()
    );
    let lasting = ["eval", "-E", &fetch];
    kept.check_twice(&lasting);
    let short = ["eval", "--tarball-ttl", "2", "-E", &fetch];
    kept.run(&short);
    kept.home.write("work/file", "two");
    git(&["-C", "work", "commit", "-q", "-a", "-m", "two"]);
    git(&["-C", "work", "push", "-q", "../bare", "main"]);
    assert_eq!(kept.check(&lasting, true).stdout, "\"one\"\n");
    std::thread::sleep(Duration::from_millis(3100));
    let said = kept.run(&short);
    assert!(!said.is_from_the_cache(), "{said:?}");
    assert_eq!(said.stdout, "\"two\"\n");
    // None of it holds for a moment.
    kept.check(&["eval", "--tarball-ttl", "0", "-E", &fetch], false);
    kept.check(&["eval", "--tarball-ttl", "0", "-E", &fetch], false);
    // A checkout is looked at each time.
    let local = format!("(builtins.fetchGit \"{}/work\").outPath", kept.home.path().display());
    kept.check(&["eval", "-E", &local], false);
    kept.check(&["eval", "-E", &local], false);
}
