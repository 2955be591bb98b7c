//! Directories as values: read, copied and removed whole, store objects with their modes and times included.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

/// What a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dir,
    File(Vec<u8>),
    /// A link: its target, and what is found through it.
    Link(String, Through),
    Special,
}

/// What is found through a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Through {
    Nothing,
    Dir,
    File(Vec<u8>),
}

/// A name with its mode; links have none. The time is kept only for what is as old as store objects are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: u32,
    pub(super) canonical_time: bool,
    pub(super) kind: Kind,
}

impl Entry {
    /// What a program that opens the name reads.
    pub(super) fn contents(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::File(bytes) | Kind::Link(_, Through::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn describe(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.get(..60).unwrap_or(bytes)).into_owned();
        match &self.kind {
            Kind::Dir => format!("a directory, {:o}", self.mode),
            Kind::File(bytes) => format!("a file, {:o}: {:?}", self.mode, text(bytes)),
            Kind::Link(to, Through::Nothing) => format!("a dangling link to {to}"),
            Kind::Link(to, _) => format!("a link to {to}"),
            Kind::Special => "something else".to_owned(),
        }
    }
}

/// Everything below a directory by its path from there.
pub(super) type Tree = BTreeMap<String, Entry>;

/// Files that are large and empty: the space that is set aside for collecting garbage.
fn is_hollow(metadata: &fs::Metadata) -> bool {
    metadata.is_file() && metadata.len() >= 1 << 20
}

pub(super) fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    visit(root, root, &mut tree);
    tree
}

fn visit(root: &Path, dir: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let kind = if metadata.is_dir() {
            Kind::Dir
        } else if metadata.is_symlink() {
            Kind::Link(fs::read_link(&path).unwrap().to_string_lossy().into_owned(), through(&path))
        } else if is_hollow(&metadata) {
            Kind::File(metadata.len().to_string().into_bytes())
        } else if metadata.is_file() {
            Kind::File(fs::read(&path).unwrap())
        } else {
            Kind::Special
        };
        let mode = if metadata.is_symlink() { 0 } else { metadata.mode() & 0o7777 };
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let is_dir = metadata.is_dir();
        tree.insert(name, Entry { mode, canonical_time: metadata.mtime() == 1, kind });
        if is_dir {
            visit(root, &path, tree);
        }
    }
}

fn through(link: &Path) -> Through {
    match fs::File::open(link) {
        Err(_) => Through::Nothing,
        Ok(mut file) if file.metadata().unwrap().is_file() => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            Through::File(bytes)
        }
        Ok(_) => Through::Dir,
    }
}

/// Makes `to`, which is not there, what `from` is.
pub(super) fn copy(from: &Path, to: &Path) {
    let metadata = from.symlink_metadata().unwrap();
    if metadata.is_symlink() {
        symlink(fs::read_link(from).unwrap(), to).unwrap();
    } else if metadata.is_dir() {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
        fs::set_permissions(to, Permissions::from_mode(metadata.mode() & 0o7777)).unwrap();
    } else if is_hollow(&metadata) {
        fs::File::create(to).unwrap().set_len(metadata.len()).unwrap();
        fs::set_permissions(to, Permissions::from_mode(metadata.mode() & 0o7777)).unwrap();
    } else {
        fs::copy(from, to).unwrap();
    }
    let time = Timespec { tv_sec: metadata.mtime(), tv_nsec: metadata.mtime_nsec() };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, to, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Removes what is at `path`, store objects included, if anything is.
pub(super) fn remove(path: &Path) {
    let Ok(metadata) = path.symlink_metadata() else { return };
    if metadata.is_dir() {
        fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            remove(&entry.unwrap().path());
        }
        fs::remove_dir(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
}

/// What is different, in at most `limit` lines; empty when the two are the same.
pub(super) fn differences(found: &Tree, expected: &Tree, limit: usize) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let told = |entry: Option<&Entry>| entry.map_or("nothing".to_owned(), Entry::describe);
    names
        .into_iter()
        .filter(|name| found.get(*name) != expected.get(*name))
        .map(|name| format!("{name} is {}, not {}", told(found.get(name)), told(expected.get(name))))
        .take(limit)
        .collect()
}
