//! A tree of programs is changed at random, and after each change the cache has to say what an evaluation from scratch says.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Kept;
use crate::support::Home;

/// The programs. Those that read one another's files fail at different times.
const PROGRAMS: [(&str, &str); 9] = [
    (
        "imports.nix",
        "[ (import ./lib/a.nix) (import ./lib) (if builtins.pathExists ./opt then import ./opt else \"none\") ]",
    ),
    (
        "reads.nix",
        "builtins.readFile ./text + (if builtins.pathExists ./link then builtins.readFile ./link else \"none\")",
    ),
    ("through.nix", "builtins.readFile ./dirlink/x"),
    ("lists.nix", "[ (builtins.readDir ./dir) (builtins.readFileType ./opt) ]"),
    (
        "searches.nix",
        "[ (builtins.tryEval (import <p/x>)).success (builtins.tryEval <q>).success (import <p/x>) ]",
    ),
    ("variables.nix", "[ (builtins.getEnv \"ONE\") (builtins.getEnv \"TWO\") ]"),
    (
        "copies.nix",
        "[ \"${./dir}\" (builtins.filterSource (path: type: baseNameOf path != \"skipped\") ./dir) \
         (builtins.path { path = ./text; recursive = false; }) ]",
    ),
    ("fails.nix", "builtins.trace (builtins.readFile ./text) (throw (import ./lib/a.nix))"),
    ("derives.nix", "derivation { name = \"d\"; builder = ./dir; system = import ./lib/a.nix; }"),
];

/// What may be changed.
const PATHS: [&str; 13] = [
    "lib/a.nix",
    "lib/default.nix",
    "lib",
    "opt",
    "text",
    "link",
    "dirlink",
    "dir/x",
    "dir/skipped",
    "dir/deep/y",
    "dir",
    "p1/x",
    "p2/x",
];

/// Numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A text that is a program too, always of the same size.
    fn text(&mut self) -> String {
        format!("\"{:08}\"\n", self.below(100_000_000))
    }
}

fn remove(path: &Path) {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}

/// Makes directories on the way to `path` of whatever is there.
fn make_way(root: &Path, path: &Path) {
    let parent = path.parent().unwrap();
    if parent != root {
        make_way(root, parent);
    }
    if !parent.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        remove(parent);
        fs::create_dir(parent).unwrap();
    }
}

fn write(root: &Path, path: &Path, text: &str) {
    make_way(root, path);
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        remove(path);
    }
    fs::write(path, text).unwrap();
}

/// Changes something, and says what.
fn change(kept: &mut Kept, root: &Path, numbers: &mut Numbers) -> String {
    let name = numbers.one_of(&PATHS);
    let path = root.join(name);
    let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    let what = match numbers.below(14) {
        0 => return "nothing".to_owned(),
        1 | 2 => {
            write(root, &path, &numbers.text());
            "written"
        }
        3 => {
            write(root, &path, &format!("\"{}\"", "x".repeat(numbers.below(20))));
            "written in another size"
        }
        4 if is_file => {
            let modified = fs::metadata(&path).unwrap().modified().unwrap();
            fs::write(&path, numbers.text()).unwrap();
            fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
            "changed, with its old time"
        }
        5 if is_file => {
            fs::File::options().append(true).open(&path).unwrap().set_modified(SystemTime::now()).unwrap();
            "touched"
        }
        6 if is_file => {
            // The same again under a new number.
            let (text, aside) = (fs::read(&path).unwrap(), root.join("aside"));
            fs::write(&aside, text).unwrap();
            fs::rename(&aside, &path).unwrap();
            "replaced by the same"
        }
        7 if is_file => {
            let mode = if numbers.below(2) == 0 { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            "given another mode"
        }
        8 | 9 => {
            remove(&path);
            "removed"
        }
        10 => {
            make_way(root, &path);
            remove(&path);
            fs::create_dir(&path).unwrap();
            if numbers.below(2) == 0 {
                fs::write(path.join("default.nix"), numbers.text()).unwrap();
            }
            "made a directory"
        }
        11 => {
            make_way(root, &path);
            remove(&path);
            symlink(root.join(numbers.one_of(&PATHS)), &path).unwrap();
            "made a link"
        }
        12 => {
            let variable = numbers.one_of(&["ONE", "TWO"]);
            kept.variables.retain(|(name, _)| name != variable);
            if numbers.below(3) > 0 {
                let value = numbers.one_of(&["", "a", "b"]);
                kept.variables.push((variable.to_owned(), value.to_owned()));
            }
            return format!("variable {variable}");
        }
        _ => {
            kept.variables.retain(|(name, _)| name != "NIX_PATH");
            let root = root.display();
            let paths = [
                format!("p={root}/p1"),
                format!("p={root}/p2:q={root}/text"),
                format!("p={root}/p1:p={root}/p2"),
            ];
            let path = &paths[numbers.below(paths.len())];
            kept.variables.push(("NIX_PATH".to_owned(), path.clone()));
            return format!("NIX_PATH={path}");
        }
    };
    format!("{name} {what}")
}

/// A tree where every program has a value.
fn plant(home: &Home, numbers: &mut Numbers) -> PathBuf {
    let root = home.path().join("tree");
    for (name, text) in PROGRAMS {
        home.write(&format!("tree/{name}"), text);
    }
    for name in ["lib/a.nix", "lib/default.nix", "text", "dir/x", "dir/deep/y", "p1/x"] {
        home.write(&format!("tree/{name}"), &numbers.text());
    }
    symlink("text", root.join("link")).unwrap();
    symlink("dir", root.join("dirlink")).unwrap();
    root
}

#[test]
fn the_cache_says_what_an_evaluation_from_scratch_says() {
    const STEPS: usize = 150;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut kept = Kept::new();
    let root = plant(&kept.home, &mut numbers);
    let mut history = Vec::new();
    let (mut from_cache, mut anew, mut failures, mut relied_on_stamps) = (0, 0, 0, 0);
    for step in 0..STEPS {
        history.push(change(&mut kept, &root, &mut numbers));
        if step % 25 == 24 {
            // Whatever has become of it, it begins again.
            remove(&root);
            plant(&kept.home, &mut numbers);
            history.push("planted anew".to_owned());
        }
        // With time in between, the status of files is relied upon; without, their contents.
        if numbers.below(2) == 0 {
            std::thread::sleep(Duration::from_millis(70));
        }
        for _ in 0..2 {
            let (program, _) = numbers.one_of(&PROGRAMS);
            let program = format!("tree/{program}");
            let arguments: &[&str] = match numbers.below(3) {
                _ if program.ends_with("derives.nix") => &["instantiate"],
                0 => &["eval", "--strict", "--json"],
                _ => &["eval", "--strict"],
            };
            let arguments = [arguments, &[program.as_str()]].concat();
            let said = kept.run(&arguments);
            let expected = kept.run_anew(&arguments);
            let last = &history[history.len().saturating_sub(12)..];
            assert_eq!(said.words(), expected.words(), "{arguments:?} after {last:#?}\n{}", said.log);
            match said.is_from_the_cache() {
                true => from_cache += 1,
                false => anew += 1,
            }
            relied_on_stamps += usize::from(said.log == "DEBUG the evaluation is taken from the cache");
            failures += usize::from(said.status != Some(0));
        }
    }
    let counts = (from_cache, anew, failures, relied_on_stamps);
    assert!(from_cache > 60 && anew > 60 && failures > 20 && relied_on_stamps > 20, "{counts:?}");
}
