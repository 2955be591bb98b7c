//! Files of Nix's own test suite, and a second opinion from the `rnix` crate.

use std::path::{Path, PathBuf};

use super::super::ParseOptions;
use super::{on_ample_stack, read, with_pipes};

/// What Nix refuses while parsing but is lowering's concern here: attributes defined twice and undefined variables.
const LEFT_TO_LOWERING: &[&str] = &[
    "parse-fail-dup-attrs-1",
    "parse-fail-dup-attrs-2",
    "parse-fail-dup-attrs-3",
    "parse-fail-dup-attrs-4",
    "parse-fail-dup-attrs-7",
    "parse-fail-mixed-nested-attrs1",
    "parse-fail-mixed-nested-attrs2",
    "parse-fail-regression-20060610",
    "parse-fail-undef-var",
];

fn nix_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "nix"))
        .collect();
    files.sort();
    files
}

/// Nix's `tests/functional/lang`, where the environment tells its place.
#[test]
fn nix_language_tests() {
    let Some(folder) = std::env::var_os("NIX_LANG_TESTS") else {
        eprintln!("SKIPPED: NIX_LANG_TESTS does not name a folder with Nix's tests/functional/lang");
        return;
    };
    on_ample_stack(move || {
        let mut seen = 0;
        for file in nix_files(Path::new(&folder)) {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            let found = read(&std::fs::read(&file).unwrap(), &ParseOptions::default());
            if name.starts_with("parse-okay") {
                assert_eq!(found.err(), None, "{name}");
            } else if name.starts_with("eval-okay") {
                assert_eq!(read(&std::fs::read(&file).unwrap(), &with_pipes()).err(), None, "{name}");
            } else if name.starts_with("parse-fail") {
                assert_eq!(found.is_ok(), LEFT_TO_LOWERING.contains(&name.as_str()), "{name}: {found:?}");
                if let Err(error) = found {
                    let expected = std::fs::read_to_string(file.with_extension("err.exp")).unwrap();
                    let first = expected.lines().next().unwrap_or_default();
                    assert_eq!(format!("error: {error}"), first, "{name}");
                }
            }
            seen += 1;
        }
        assert!(seen > 100, "only {seen} files");
    });
}

/// Where neither departs from Nix, `rnix` accepts and refuses the same.
#[test]
fn rnix_agrees() {
    let texts = [
        "{ pkgs, lib ? pkgs.lib, ... }@args: rec { inherit (lib) a b; c.d = args.e or 1; }",
        "let f = x: y: x + y; in f 1 (-2) // { } ? a -> !true",
        "''\n  a ${b} ''${c} '''\n'' + \"x${y}\\n\" + ./a/${b}.nix + <nixpkgs/lib>",
        "if a == b then [ 1 2.5 a.b.\"c\" ] else assert c; with d; e",
        "let { body = 1; }",
        "{ a = 1 }",
        "let a = 1;",
        "[ 1 + 2 ]",
        "a == b == c",
        "{ a, b: c }",
        "\"a${b",
        "(a",
        "x: y: ",
    ];
    for text in texts {
        let ours = read(text.as_bytes(), &ParseOptions::default());
        assert_eq!(ours.is_ok(), rnix::Root::parse(text).errors().is_empty(), "{text}: {ours:?}");
    }
}
