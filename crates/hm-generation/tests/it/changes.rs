//! The numbers by which generations differ.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use hm_generation::{Changes, Contents, Error};

use crate::fixture::Fixture;

/// A generation with these files, packages (`name=path`) and lines (`name=text`).
fn generation(fixture: &Fixture, files: &str, packages: &str, lines: &str) -> PathBuf {
    let path = fixture.generation(files);
    let manifest_path = path.join("manifest.json");
    let mut manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&manifest_path).unwrap()).unwrap();
    let pairs = |text: &str| -> Vec<(String, String)> {
        text.split_whitespace()
            .map(|word| word.split_once('=').unwrap())
            .map(|(a, b)| (a.into(), b.into()))
            .collect()
    };
    manifest["packages"] = pairs(packages)
        .into_iter()
        .map(|(name, path)| serde_json::json!({ "name": name, "path": path }))
        .collect();
    for (name, text) in pairs(lines) {
        manifest["lines"][name] = serde_json::json!({ "text": text, "create": false });
    }
    fs::write(manifest_path, manifest.to_string()).unwrap();
    path
}

fn told(changes: Changes) -> String {
    let each =
        |count: hm_generation::Count| format!("+{} ~{} -{}", count.added, count.changed, count.removed);
    format!(
        "units {}, files {}, packages {}",
        each(changes.units),
        each(changes.files),
        each(changes.packages)
    )
}

#[test]
fn numbers_of_changes() {
    let fixture = Fixture::new();
    let check = |old: [&str; 3], new: [&str; 3], expected: &str| {
        let read = |[files, packages, lines]: [&str; 3], before: Option<&Contents>| {
            Contents::read(&generation(&fixture, files, packages, lines), before).unwrap()
        };
        let old = read(old, None);
        let new = read(new, Some(&old));
        assert_eq!(told(new.since(Some(&old)).unwrap()), expected);
        assert_eq!(new.since(Some(&new)).unwrap(), Changes::default());
    };
    let none = "+0 ~0 -0";
    check(
        ["a b=1 c", "", ""],
        ["a b=2 d", "", ""],
        &format!("units {none}, files +1 ~1 -1, packages {none}"),
    );
    check(["a", "", ""], ["a", "", ""], &format!("units {none}, files {none}, packages {none}"));
    check(
        ["", "hello-2.10=/s/1 nix-index=/s/2 x-1=/s/3", ""],
        ["", "hello-2.12=/s/4 nix-index=/s/2 y-1=/s/5", ""],
        &format!("units {none}, files {none}, packages +1 ~1 -1"),
    );
    check(
        ["", "", ".profile=1 .x=1"],
        ["", "", ".profile=2 .y=1"],
        &format!("units {none}, files +1 ~1 -1, packages {none}"),
    );
    let unit = |name: &str| format!(".config/systemd/user/{name} ");
    check(
        [&(unit("a.service=1") + &unit("b.service") + &unit("c.service") + &unit("d.timer")), "", ""],
        [
            &(unit("a.service=2")
                + &unit("b.service")
                + &unit("default.target.wants/b.service")
                + &unit("c.service")
                + &unit("e.service")
                + &unit("e.service.d/x.conf")),
            "",
            "",
        ],
        &format!("units +1 ~2 -1, files {none}, packages {none}"),
    );
}

#[test]
fn the_first_generation_and_one_that_is_gone() {
    let fixture = Fixture::new();
    let first = generation(&fixture, "a b/c .config/systemd/user/a.service", "x-1=/s/1", "");
    let contents = Contents::read(&first, None).unwrap();
    assert_eq!(told(contents.since(None).unwrap()), "units +1 ~0 -0, files +2 ~0 -0, packages +1 ~0 -0");
    fs::remove_dir_all(&first).unwrap();
    assert!(matches!(Contents::read(&first, None), Err(Error::NotAGeneration { .. })));
}

#[test]
fn links_are_compared_by_where_they_lead() {
    let fixture = Fixture::new();
    let make = |target: &dyn Fn(&str) -> String| {
        let path = fixture.generation("f");
        let files = path.to_str().unwrap().replace("-generation", "-files");
        symlink(target(&files), format!("{files}/l")).unwrap();
        Contents::read(&path, None).unwrap()
    };
    let (inside, again) = (make(&|files| format!("{files}/f")), make(&|files| format!("{files}/f")));
    let (one, other) = (make(&|_| "/s/1".to_owned()), make(&|_| "/s/2".to_owned()));
    assert_eq!(again.since(Some(&inside)).unwrap(), Changes::default());
    for (old, new) in [(&one, &other), (&inside, &one)] {
        assert_eq!(new.since(Some(old)).unwrap().files.changed, 1);
    }
}
