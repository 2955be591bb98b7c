//! What programs fetch, from the command line.

use crate::support::{Home, repository};

/// An archive with a file `file` in it.
fn archive() -> String {
    format!("file://{}", repository().join("crates/nix-flake/tests/it/data/tree.tar.gz").display())
}

#[track_caller]
fn check(home: &Home, arguments: &[&str], expected: &str) {
    for mode in ["--readonly-mode", "--read-write-mode"] {
        let mut all = vec!["nix", "eval", mode, "--strict"];
        all.extend_from_slice(arguments);
        assert_eq!(home.hm(&all).ended(0), expected, "{mode} {arguments:?}");
    }
}

/// What is fetched can be read whether it is added to a store or only computed with, and from the cache the second time.
#[test]
fn fetched_trees_are_read_with_and_without_a_store() {
    let home = Home::new();
    let fetch = format!("fetchTarball \"{}\"", archive());
    for _ in 0..2 {
        check(&home, &["-E", &format!("builtins.readFile (({fetch}) + \"/bin/link\")")], "\"hello\\n\"");
    }
    let whole = format!("builtins.attrNames (builtins.readDir ({fetch}))");
    check(&home, &["-E", &whole], "[ \"bin\" \"empty\" \"file\" \"hard\" ]");
    let copied = format!(
        "builtins.hashString \"sha256\" (builtins.readFile \"${{builtins.path {{ path = {fetch}; }}}}/file\")"
    );
    home.hm(&["nix", "eval", "--read-write-mode", "-E", &copied]).ended(0);
}

#[test]
fn search_path_entries_may_be_urls() {
    let home = Home::new();
    let include = format!("p={}", archive());
    check(&home, &["-I", &include, "-E", "builtins.readFile <p/file>"], "\"hello\\n\"");
    check(&home, &["-I", "p=file:///no/such/archive", "-E", "(builtins.tryEval <p>).success"], "false");
    let flake = home.hm(&["nix", "eval", "-I", "p=flake:nixpkgs", "-E", "<p>"]).complained(1);
    assert!(flake.contains("experimental Nix feature 'flakes' is disabled"), "{flake}");
    let files = repository().join("tests/conformance/files");
    let include = format!("p=flake:path:{}", files.display());
    let features = ["--extra-experimental-features", "flakes", "-I", &include];
    check(&home, &[&features[..], &["-E", "builtins.pathExists <p/text.txt>"]].concat(), "true");
}

#[test]
fn settings_say_what_may_be_fetched() {
    let home = Home::new();
    let fetch = format!("builtins.pathExists (fetchTarball \"{}\")", archive());
    for (option, value, expected) in [
        ("pure-eval", "true", "in pure evaluation mode, 'fetchTarball' requires a 'sha256' argument"),
        ("restrict-eval", "true", "is forbidden in restricted mode"),
        ("tarball-ttl", "soon", "setting 'tarball-ttl' has invalid value 'soon'"),
    ] {
        let said = home.hm(&["nix", "eval", "--option", option, value, "-E", &fetch]).complained(1);
        assert!(said.contains(expected), "{said}");
    }
    let allowed = archive();
    let options = ["--option", "restrict-eval", "true", "--option", "allowed-uris", &allowed, "-E", &fetch];
    check(&home, &options, "true");
}
