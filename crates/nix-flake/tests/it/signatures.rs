//! Git commits that must be signed.

use nix_formats::InputValue;

use crate::world::{World, has_program, run, text};

/// A repository `r` whose first commit is signed with `k1`, its second with `k2`, and its third not at all; `b.git` is a
/// bare clone.
const REPOSITORY: &str = r#"
ssh-keygen -q -f k1 -t ed25519 -P '' -C 1; ssh-keygen -q -f k2 -t ecdsa -P '' -C 2; ssh-keygen -q -f k3 -t rsa -b 1024 -P '' -C 3
git init -q -b main r; cd r; git config gpg.format ssh
echo 1 > a; git add a; git -c user.signingkey=../k1.pub commit -q -S -m one; git tag one
echo 2 > a; git -c user.signingkey=../k2.pub commit -q -S -am two; git tag two
echo 3 > a; git commit -qam three; git tag three
cd ..; git clone -q --bare r b.git
"#;

struct Repository {
    world: World,
    keys: [String; 3],
}

impl Repository {
    fn new() -> Option<Self> {
        if !has_program("git") || !has_program("ssh-keygen") {
            return None;
        }
        let world = World::new();
        run(&world.path(""), REPOSITORY);
        let keys = ["k1", "k2", "k3"].map(|name| {
            let line = std::fs::read_to_string(world.path(&format!("{name}.pub"))).unwrap();
            line.split(' ').nth(1).unwrap().to_owned()
        });
        Some(Self { world, keys })
    }

    /// Fetches a tag, or the checkout; `$1` and so on stand for the keys. The result is the file's text, or the error.
    fn fetch(&self, place: &str, tag: &str, more: &[(&str, InputValue)]) -> String {
        let mut attrs =
            vec![("type", text("git")), ("url", text(self.world.path(place).display().to_string()))];
        if !tag.is_empty() {
            attrs.push(("ref", text(format!("refs/tags/{tag}"))));
        }
        for (name, value) in more {
            let value = match value {
                InputValue::String(value) => {
                    let keys = self.keys.iter().zip(["$1", "$2", "$3"]);
                    text(keys.fold(value.clone(), |value, (key, short)| value.replace(short, key)))
                }
                other => other.clone(),
            };
            attrs.push((name, value));
        }
        self.world.tree(&attrs).map_or_else(|error| error.0, |found| found.files)
    }

    #[track_caller]
    fn check(&self, tag: &str, more: &[(&str, InputValue)], expected: &str) {
        for place in ["r", "b.git"] {
            let found = self.fetch(place, tag, more);
            assert!(found.contains(expected), "{place} {tag}: {found}");
        }
    }
}

#[test]
fn commits_are_signed_by_a_key() {
    let Some(repository) = Repository::new() else { return };
    let key = |key: &str| ("publicKey", text(key));
    let kind = |kind: &str| ("keytype", text(kind));
    let keys = |keys: &str| ("publicKeys", text(keys));
    let verify = |value: bool| ("verifyCommit", InputValue::Bool(value));
    let both = r#"[{"key": "$1"}, {"type": "ssh-rsa", "key": "$3"}]"#;
    repository.check("one", &[key("$1")], "a=1");
    repository.check("one", &[verify(true), key("$1"), kind("ssh-ed25519")], "a=1");
    repository.check("one", &[keys(both)], "a=1");
    repository.check("one", &[keys(r#"[{"type": "ssh-rsa", "key": "$3"}]"#), key("$1")], "a=1");
    let failed = "Commit signature verification on commit ";
    repository.check("one", &[kind("ssh-rsa"), key("$3")], failed);
    repository.check("one", &[kind("ssh-rsa"), key("$3")], "No principal matched.");
    repository.check("one", &[verify(true)], failed);
    repository.check("two", &[keys(both)], failed);
    repository.check("three", &[keys(both)], failed);
    repository.check("three", &[verify(false), key("$1")], "a=3");
    repository.check("three", &[], "a=3");
    repository.check("one", &[kind("ssh-x"), key("$1")], "Invalid SSH key type 'ssh-x' in publicKeys.");
    repository.check("one", &[keys("1")], "'1' is no list of public keys");
    repository.check(
        "one",
        &[("verifyCommit", text("1")), key("$1")],
        "input attribute 'verifyCommit' is not a Boolean",
    );
}

#[test]
fn a_checkout_is_that_of_a_signed_commit() {
    let Some(repository) = Repository::new() else { return };
    let key = [("publicKey", text("$1"))];
    let found = repository.fetch("r", "", &key);
    assert!(found.starts_with("Commit signature verification on commit "), "{found}");
    run(&repository.world.path("r"), "git checkout -q one");
    assert_eq!(repository.fetch("r", "", &key), "a=1");
    run(&repository.world.path("r"), "echo x >> a");
    let found = repository.fetch("r", "", &key);
    assert!(found.starts_with("commit verification is required for Git repository 'git+file:///"), "{found}");
    assert!(found.ends_with("', but it's dirty"), "{found}");
    assert_eq!(repository.fetch("r", "", &[]), "a=1\nx");
}

/// A repository could tell Git to have its signatures checked by a program that likes them all.
#[test]
fn repositories_do_not_choose_who_checks_them() {
    let Some(repository) = Repository::new() else { return };
    run(
        &repository.world.path(""),
        r#"printf '#!/bin/sh\necho "Good \\"git\\" signature for * with X key SHA256:$(ssh-keygen -lf %s/k3.pub | cut -d: -f2 | cut -d" " -f1)"\n' "$PWD" > liar
        chmod +x liar; git -C r config gpg.ssh.program "$PWD/liar""#,
    );
    let found = repository.fetch("r", "one", &[("keytype", text("ssh-rsa")), ("publicKey", text("$3"))]);
    assert!(found.starts_with("Commit signature verification on commit "), "{found}");
}
