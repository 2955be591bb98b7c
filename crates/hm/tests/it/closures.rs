//! Closures from binary caches, from the command line: which settings count, and what is said of wrong calls.

use std::collections::BTreeSet;
use std::fs;

use nix_formats::nar::{nar_hash, write};
use nix_formats::nar_info::{Compression, NarInfo};
use nix_formats::signature::SecretKey;
use nix_formats::{ObjectInfo, StoreDir, StorePath, Tree};

use crate::support::Home;

const OBJECT: &str = "00000000000000000000000000000000-object";

/// A home with a cache that has one object, known by its inputs, with a file `n.nix`; and the key that it is signed with.
fn home() -> (Home, String) {
    let home = Home::new();
    let dir = StoreDir::new(home.path().join("nix/store").to_str().unwrap()).unwrap();
    let tree = Tree::directory([("n.nix", Tree::file("40 + 2"))]);
    let (nar_hash, nar_size) = nar_hash(&tree).unwrap();
    let mut object = ObjectInfo {
        path: StorePath::from_base_name(OBJECT).unwrap(),
        nar_hash,
        nar_size,
        references: BTreeSet::new(),
        deriver: None,
        signatures: BTreeSet::new(),
        content_address: None,
    };
    let key = SecretKey::from_seed("mine-1", &[3; 32]);
    object.signatures.insert(key.sign(object.fingerprint(&dir).as_bytes()));
    let name = format!("{}.narinfo", object.path.hash_part());
    let (url, compression) = ("x.nar".to_owned(), Compression::NONE);
    let info = NarInfo { object, url, compression, file_hash: None, file_size: 0 };
    home.write(&format!("cache/{name}"), &info.to_text(&dir));
    home.write("cache/nix-cache-info", &format!("StoreDir: {dir}\n"));
    let mut archive = Vec::new();
    write(&tree, &mut archive).unwrap();
    fs::write(home.path().join("cache/x.nar"), archive).unwrap();
    (home, key.public())
}

/// What the evaluation of an expression says, with `$CACHE` and `$OBJECT` in it, in both modes.
#[track_caller]
fn check(home: &Home, options: &[&str], expression: &str, expected: &str) {
    let root = home.path();
    let store = root.join("nix/store");
    let expression = expression
        .replace("$CACHE", &format!("file://{}", root.join("cache").display()))
        .replace("$OBJECT", &store.join(OBJECT).display().to_string());
    for mode in ["--readonly-mode", "--read-write-mode"] {
        let mut arguments = vec!["nix", "eval", mode, "--store-dir", store.to_str().unwrap()];
        arguments.extend(["--extra-experimental-features", "fetch-closure"]);
        arguments.extend_from_slice(options);
        arguments.extend(["-E", &expression]);
        let run = home.hm(&arguments);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains(expected), "{mode} {options:?} {expression}:\n{said}");
    }
}

#[test]
fn signatures_are_asked_for_as_the_settings_say() {
    let (home, key) = home();
    let call = r#"import "${builtins.fetchClosure { fromStore = "$CACHE"; fromPath = $OBJECT; inputAddressed = true; }}/n.nix""#;
    let lacks = "lacks a signature by a trusted key";
    check(&home, &[], call, lacks);
    check(&home, &["--option", "require-sigs", "true"], call, lacks);
    check(&home, &["--option", "trusted-public-keys", "other:AAAA"], call, "public key is not valid");
    for options in [
        &["--option", "trusted-public-keys", &key][..],
        &["--option", "extra-trusted-public-keys", &key],
        &["--no-require-sigs"],
        &["--option", "trusted-public-keys", &key, "--option", "pure-eval", "true"],
    ] {
        // Each has a store of its own.
        let (home, _) = self::home();
        check(&home, options, call, "42");
    }
    home.write(".config/nix/nix.conf", &format!("extra-trusted-public-keys = {key}\n"));
    check(&home, &[], call, "42");
}

#[test]
fn calls_that_make_no_sense() {
    let (home, _) = home();
    for (arguments, expected) in [
        ("", "attribute 'fromPath' is missing in call to 'fetchClosure'"),
        ("fromPath = $OBJECT;", "attribute 'fromStore' is missing in call to 'fetchClosure'"),
        ("fromPath = /etc/passwd;", "path '/etc/passwd' is not in the Nix store"),
        ("fromPath = $OBJECT; x = 1;", "attribute 'x' isn't supported in call to 'fetchClosure'"),
        (
            "fromPath = $OBJECT; inputAddressed = true; toPath = \"\";",
            "attribute 'inputAddressed' is set to true, but 'toPath' is also set. Please remove one of them",
        ),
        (
            "fromPath = $OBJECT; fromStore = \"ssh://x\";",
            "'fetchClosure' only supports http:// and https:// stores",
        ),
        (
            "fromPath = $OBJECT; fromStore = \"https://x?y=z\";",
            "'fetchClosure' does not support URL query parameters (in 'https://x?y=z')",
        ),
        ("fromPath = $OBJECT; toPath = 1;", "cannot coerce an integer to a string: 1"),
    ] {
        check(&home, &[], &format!("builtins.fetchClosure {{ {arguments} }}"), expected);
    }
    check(&home, &[], "builtins.fetchClosure 1", "expected a set but found an integer");
}

#[test]
fn the_path_after_rewriting_is_told() {
    let (home, _) = home();
    let call = |to: &str| {
        format!(
            "toString (builtins.fetchClosure {{ fromStore = \"$CACHE\"; fromPath = $OBJECT; toPath = \"{to}\"; }})"
        )
    };
    check(&home, &[], &call(""), "Use this value for the 'toPath' attribute passed to 'fetchClosure'");
    let wrong = home.path().join("nix/store/11111111111111111111111111111111-object");
    check(&home, &[], &call(wrong.to_str().unwrap()), "to content-addressed form yielded '");
    assert!(!home.path().join("nix/store").join(OBJECT).exists());
}
