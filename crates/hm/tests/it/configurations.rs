//! The configurations in `tests/nixlib/home`, built by the binary and compared with what they are to give. The README there
//! says what the files mean.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::{Home, repository, settle};

fn folders(below: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(repository().join(below))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("home.nix").is_file())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// The leaves of a tree, by path relative to it. Links are not followed.
fn leaves(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    found.sort_by_key(|path| path.to_str().unwrap().to_owned());
    found
}

fn describe(root: &Path, leaf: &Path) -> String {
    let path = root.join(leaf);
    let metadata = path.symlink_metadata().unwrap();
    let name = leaf.display();
    if metadata.is_symlink() {
        format!("{name} -> {}", fs::read_link(&path).unwrap().display())
    } else if metadata.permissions().mode() & 0o100 != 0 {
        format!("{name} executable")
    } else {
        format!("{name} file")
    }
}

struct Check<'a> {
    folder: &'a Path,
    home: PathBuf,
    problems: Vec<String>,
}

impl Check<'_> {
    fn same(&mut self, what: &str, found: &str) {
        let place = self.folder.join("expected").join(what);
        let expected = fs::read_to_string(&place).unwrap_or_else(|error| format!("({error})"));
        let found = settle(found, &self.home);
        if expected.trim_end() != found.trim_end() {
            let place = place.display();
            self.problems.push(format!("{place}\n--- expected\n{expected}\n--- found\n{found}"));
        }
    }

    fn listing(&mut self, what: &str, root: &Path) {
        let lines: Vec<String> = leaves(root).iter().map(|leaf| describe(root, leaf)).collect();
        self.same(what, &lines.join("\n"));
    }

    fn generation(&mut self, generation: &Path) {
        let store = generation.parent().unwrap();
        let (files, path) = (generation.join("home-files"), generation.join("home-path"));
        let real = files.canonicalize().unwrap();
        self.listing("files", &real);
        self.listing("path", &path.canonicalize().unwrap());
        for leaf in leaves(&real) {
            let parent = leaf.parent().and_then(Path::to_str).unwrap_or_default();
            let end = real.join(&leaf).canonicalize();
            let outside =
                end.as_ref().is_ok_and(|end| end.is_dir() || !end.starts_with(store)) || end.is_err();
            if outside || parent.ends_with(".wants") || parent.ends_with(".requires") {
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(real.join(&leaf)).unwrap()).into_owned();
            self.same(&format!("home-files/{}", leaf.display()), &text);
        }
        let listed = self.folder.join("expected/home-path");
        for leaf in if listed.is_dir() { leaves(&listed) } else { Vec::new() } {
            let text = fs::read_to_string(path.join(&leaf)).unwrap_or_else(|error| format!("({error})"));
            self.same(&format!("home-path/{}", leaf.display()), &text);
        }
        if self.folder.join("expected/activation").is_file() {
            let manifest = fs::read(generation.join("manifest.json")).unwrap();
            let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
            let entries = manifest["activation"].as_array().unwrap().iter();
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let lines: Vec<String> =
                entries.map(|entry| format!("{} {}", text(&entry["phase"]), text(&entry["name"]))).collect();
            self.same("activation", &lines.join("\n"));
        }
    }
}

#[test]
fn configurations_give_what_they_should() {
    let mut problems = Vec::new();
    for folder in folders("tests/nixlib/home") {
        let home = Home::new();
        let file = folder.join("home.nix");
        let output =
            home.command(&["build", "--no-out-link", "-f", file.to_str().unwrap()]).output().unwrap();
        if !output.status.success() {
            problems.push(format!("{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr)));
            continue;
        }
        let generation = String::from_utf8(output.stdout).unwrap();
        let mut check = Check { folder: &folder, home: home.path(), problems: Vec::new() };
        check.generation(Path::new(generation.trim_end()));
        problems.append(&mut check.problems);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn configurations_switch() {
    for folder in folders("tests/nixlib/home") {
        let home = Home::new();
        let file = folder.join("home.nix");
        let file = file.to_str().unwrap();
        // Some have a socket or path unit without the service that it starts: what is looked at here are files.
        home.hm(&["switch", "--no-check", "-f", file]).ended(0);
        let profile = home.path().join(".local/state/nix/profiles/hm").canonicalize().unwrap();
        let files = profile.join("home-files").canonicalize().unwrap();
        for leaf in leaves(&files) {
            let target = fs::read_link(home.path().join(&leaf)).unwrap();
            // A further name of a unit leads on, to the unit.
            let own = target == files.join(&leaf) || target.parent() == Some(&files.join(&leaf));
            assert!(own, "{}: {} -> {}", folder.display(), leaf.display(), target.display());
        }
        let again = home.hm(&["switch", "--no-check", "-f", file]).ended(0);
        assert!(again.starts_with("nothing to do"), "{}: {again}", folder.display());
    }
}

#[test]
fn configurations_that_must_be_refused() {
    for folder in folders("tests/nixlib/home/errors") {
        let home = Home::new();
        let before = home.listing();
        let run = home.hm(&["switch", "-f", folder.join("home.nix").to_str().unwrap()]);
        let place = format!("@repository@/{}", folder.strip_prefix(repository()).unwrap().display());
        let said = run.complained(1).replace(&place, "@here@");
        for line in fs::read_to_string(folder.join("message")).unwrap().lines() {
            assert!(said.contains(line.trim_end()), "{}: {line:?} is not in\n{said}", folder.display());
        }
        assert_eq!(home.listing(), before, "{}", folder.display());
    }
}
