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

/// A registry behind a URL is fetched for a name that is in no other one.
#[test]
fn names_of_flakes_are_looked_up_in_the_global_registry() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let entry = |name: &str, version: u32| {
        let from = format!(r#"{{"type": "indirect", "id": "{name}"}}"#);
        let to = format!(r#"{{"type": "path", "path": "{place}/{version}"}}"#);
        format!(r#"{{"version": 2, "flakes": [{{"from": {from}, "to": {to}}}]}}"#)
    };
    for version in [1, 2] {
        let directory = folder.path().join(version.to_string());
        std::fs::create_dir(&directory).unwrap();
        let flake = format!("{{ outputs = _: {{ version = {version}; }}; }}");
        std::fs::write(directory.join("flake.nix"), flake).unwrap();
    }
    std::fs::write(folder.path().join("registry.json"), entry("a", 1)).unwrap();
    let registry = format!("file://{place}/registry.json");
    let options = |registry: &str, expression: &str| {
        [
            "--option",
            "experimental-features",
            "flakes",
            "--option",
            "flake-registry",
            registry,
            "-E",
            expression,
        ]
        .map(str::to_owned)
    };
    let checked = |registry: &str, expression: &str, expected: &str| {
        let options = options(registry, expression);
        check(&home, &options.each_ref().map(String::as_str), expected);
    };
    checked(&registry, "(builtins.getFlake \"a\").version", "1");
    checked(
        &registry,
        "(import \"${builtins.fetchTree \"flake:a\"}/flake.nix\").outputs { }",
        "{ version = 1; }",
    );
    home.write(".config/nix/registry.json", &entry("b", 2));
    // Nobody asks for what does not matter.
    checked("file:///no/such/registry", "(builtins.getFlake \"b\").version", "2");
    let options = options("file:///no/such/registry", "builtins.getFlake \"c\"");
    let mut all = vec!["nix", "eval"];
    all.extend(options.iter().map(String::as_str));
    let said = home.hm(&all).complained(1);
    assert!(said.contains("unable to download 'file:///no/such/registry'"), "{said}");
}
