//! The files of two generations, compared by what they hold.
//!
//! A link that leads to another object with the same contents is no difference: that is what nearly every link does after
//! a switch. What a link leads to outside the store is not part of a generation, so there the target is compared.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Change;
use super::text::{Hunk, hunks};
use crate::error::Error;
use crate::generation::Generation;
use crate::manifest::FileMode;
use crate::path::RelPath;

/// Texts larger than this are not compared line by line, in bytes.
const TEXT_LIMIT: u64 = 1 << 20;

/// As many links as the kernel follows.
const MAX_LINKS: usize = 40;

/// Nix's own store, in which objects of other generations may lie.
const NIX_STORE: &str = "/nix/store";

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileDiff {
    /// Where it is, relative to the home.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// What it was.
    pub old: Option<FileState>,
    /// What it is.
    pub new: Option<FileState>,
    /// How its text differs; none for what is no text, or too large.
    pub hunks: Vec<Hunk>,
}

/// What a file is in one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileState {
    /// What kind of contents it has.
    pub kind: FileKind,
    /// The size of the contents, in bytes.
    pub size: u64,
    /// Whether it can be run.
    pub executable: bool,
    /// Whether the home gets a link to it or a copy of it.
    pub mode: FileMode,
    /// Where it leads, if that is outside the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
}

/// A kind of contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FileKind {
    /// Text in UTF-8.
    Text,
    /// Anything else, and what is too large to be looked at.
    Binary,
    /// A link to a place outside the store, or to nothing.
    Link,
    /// Neither a file nor a directory.
    Special,
}

/// What is found at a place in the store.
#[derive(Debug)]
enum Found {
    File(PathBuf, Metadata),
    Directory(PathBuf),
    /// It leads to this place outside the store, or to nothing.
    Link(String),
    Special,
}

/// One generation's half of a comparison.
#[derive(Debug)]
struct Half {
    found: Found,
    mode: FileMode,
}

/// Compares the files of two generations, but for those that `skip` names. They come sorted by path.
///
/// # Errors
/// [`Error::Io`] when a file in a store cannot be read.
pub fn diff_files(
    old: Option<&Generation>,
    new: Option<&Generation>,
    skip: &dyn Fn(&str) -> bool,
) -> Result<Vec<FileDiff>, Error> {
    let mut diffs = Vec::new();
    if let (Some(old), Some(new)) = (old, new)
        && old.files == new.files
    {
        return Ok(diffs);
    }
    let paths: BTreeSet<&RelPath> =
        [old, new].iter().flatten().flat_map(|generation| generation.files.entries().keys()).collect();
    for path in paths.into_iter().filter(|path| !skip(path.as_str())) {
        let half = |generation: Option<&Generation>| -> Result<Option<Half>, Error> {
            let Some(generation) = generation else { return Ok(None) };
            let Some(entry) = generation.files.entries().get(path) else { return Ok(None) };
            let home_files = Path::new(generation.files.home_files());
            let store = home_files.parent().unwrap_or(home_files);
            let found = look(&home_files.join(path), &|target| {
                target.starts_with(store) || target.starts_with(NIX_STORE)
            })?;
            Ok(Some(Half { found, mode: entry.mode }))
        };
        compare(path.as_str(), half(old)?, half(new)?, &mut diffs)?;
    }
    diffs.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(diffs)
}

/// Compares two files in a store, such as the script that a unit ran and the one that it runs now. None when they hold
/// the same or one of them is no file.
///
/// # Errors
/// [`Error::Io`] when one of them cannot be read.
pub fn diff_sources(name: &str, old: &Path, new: &Path) -> Result<Option<FileDiff>, Error> {
    let half = |path: &Path| -> Result<Half, Error> {
        Ok(Half { found: look(path, &|_| true)?, mode: FileMode::Link })
    };
    let (old, new) = (half(old)?, half(new)?);
    let mut diffs = Vec::new();
    if matches!((&old.found, &new.found), (Found::File(..), Found::File(..))) {
        compare(name, Some(old), Some(new), &mut diffs)?;
    }
    Ok(diffs.pop())
}

/// Follows the links at `path` as long as they lead into a store.
fn look(path: &Path, in_store: &dyn Fn(&Path) -> bool) -> Result<Found, Error> {
    let (mut at, mut told) = (path.to_owned(), path.display().to_string());
    for _ in 0..MAX_LINKS {
        let metadata = match fs::symlink_metadata(&at) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Found::Link(told));
            }
            Err(error) => return Err(Error::io("look at", at, error)),
        };
        if metadata.is_file() {
            return Ok(Found::File(at, metadata));
        }
        if metadata.is_dir() {
            return Ok(Found::Directory(at));
        }
        if !metadata.is_symlink() {
            return Ok(Found::Special);
        }
        let target = fs::read_link(&at).map_err(|error| Error::io("read the link", &at, error))?;
        // As it is written: the object that a relative link lies in has another name in each generation.
        told = target.display().to_string();
        at = at.parent().unwrap_or(&at).join(target);
        if !in_store(&at) {
            break;
        }
    }
    Ok(Found::Link(told))
}

/// Compares what two generations have at one place, directories by what is in them.
fn compare(path: &str, old: Option<Half>, new: Option<Half>, diffs: &mut Vec<FileDiff>) -> Result<(), Error> {
    let directory = |half: &Option<Half>| match half {
        Some(Half { found: Found::Directory(dir), mode }) => Some((dir.clone(), *mode)),
        _ => None,
    };
    let (old_dir, new_dir) = (directory(&old), directory(&new));
    let same_dir = match (&old_dir, &new_dir) {
        (Some((old_dir, old_mode)), Some((new_dir, new_mode))) => old_dir == new_dir && old_mode == new_mode,
        _ => false,
    };
    if same_dir {
        return Ok(());
    }
    let children = |dir: &Option<(PathBuf, FileMode)>| match dir {
        Some((dir, _)) => list(dir),
        None => Ok(BTreeSet::new()),
    };
    let names: BTreeSet<String> = children(&old_dir)?.union(&children(&new_dir)?).cloned().collect();
    for name in names {
        let child = |dir: &Option<(PathBuf, FileMode)>| -> Result<Option<Half>, Error> {
            let Some((dir, mode)) = dir else { return Ok(None) };
            let at = dir.join(&name);
            if fs::symlink_metadata(&at).is_err() {
                return Ok(None);
            }
            let found = match look(&at, &|_| true)? {
                // In a tree links to directories are not followed: they may lead around in circles.
                Found::Directory(real) if real != at => {
                    let target =
                        fs::read_link(&at).map_err(|error| Error::io("read the link", &at, error))?;
                    Found::Link(target.display().to_string())
                }
                found => found,
            };
            Ok(Some(Half { found, mode: *mode }))
        };
        compare(&format!("{path}/{name}"), child(&old_dir)?, child(&new_dir)?, diffs)?;
    }
    let leaf = |half: Option<Half>| half.filter(|half| !matches!(half.found, Found::Directory(_)));
    diffs.extend(compare_leaves(path, leaf(old), leaf(new))?);
    Ok(())
}

fn list(dir: &Path) -> Result<BTreeSet<String>, Error> {
    let failed = |error| Error::io("list the directory", dir, error);
    let listing = fs::read_dir(dir).map_err(failed)?;
    listing.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned())).collect()
}

fn compare_leaves(path: &str, old: Option<Half>, new: Option<Half>) -> Result<Option<FileDiff>, Error> {
    let Some(change) = Change::between(old.as_ref(), new.as_ref()) else { return Ok(None) };
    if let (
        Some(Half { found: Found::File(old, _), mode: was }),
        Some(Half { found: Found::File(new, _), mode }),
    ) = (&old, &new)
        && old == new
        && was == mode
    {
        return Ok(None);
    }
    let (old, old_bytes) = state(old)?.unzip();
    let (new, new_bytes) = state(new)?.unzip();
    let (old_bytes, new_bytes) = (old_bytes.unwrap_or_default(), new_bytes.unwrap_or_default());
    if old == new && same_contents(&old_bytes, &new_bytes)? {
        return Ok(None);
    }
    let text = |state: &Option<FileState>, contents: &Contents| match (state, contents) {
        (Some(FileState { kind: FileKind::Text, .. }), Contents::Small(bytes)) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        // What is not there is an empty text.
        (None, _) => Some(String::new()),
        _ => None,
    };
    let hunks = match (text(&old, &old_bytes), text(&new, &new_bytes)) {
        (Some(old), Some(new)) => hunks(&old, &new),
        _ => Vec::new(),
    };
    Ok(Some(FileDiff { path: path.to_owned(), change, old, new, hunks }))
}

/// The contents of a file, or where they are when they are large.
#[derive(Debug)]
enum Contents {
    Small(Vec<u8>),
    Large(PathBuf),
}

impl Default for Contents {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

fn state(half: Option<Half>) -> Result<Option<(FileState, Contents)>, Error> {
    let Some(Half { found, mode }) = half else { return Ok(None) };
    let bare = |kind, leads_to| FileState { kind, size: 0, executable: false, mode, leads_to };
    Ok(Some(match found {
        Found::Link(target) => (bare(FileKind::Link, Some(target)), Contents::default()),
        Found::Special | Found::Directory(_) => (bare(FileKind::Special, None), Contents::default()),
        Found::File(path, metadata) => {
            let contents = if metadata.len() <= TEXT_LIMIT {
                Contents::Small(fs::read(&path).map_err(|error| Error::io("read", &path, error))?)
            } else {
                Contents::Large(path)
            };
            let kind = match &contents {
                Contents::Small(bytes) if std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0) => {
                    FileKind::Text
                }
                _ => FileKind::Binary,
            };
            let executable = metadata.permissions().mode() & 0o111 != 0;
            (FileState { size: metadata.len(), executable, ..bare(kind, None) }, contents)
        }
    }))
}

fn same_contents(old: &Contents, new: &Contents) -> Result<bool, Error> {
    match (old, new) {
        (Contents::Small(old), Contents::Small(new)) => Ok(old == new),
        (Contents::Large(old), Contents::Large(new)) => {
            crate::content::same_files(old, new).map_err(|error| Error::io("compare", new, error))
        }
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Makes a generation of `NAME=CONTENTS`, `NAME*=CONTENTS` (executable) and `NAME -> TARGET` in a store below `root`.
    fn generation(root: &Path, id: &str, layout: &[(&str, &str)]) -> Generation {
        let store = root.join("store");
        let files = store.join(format!("{id}-files"));
        fs::create_dir_all(&files).unwrap();
        for (name, content) in layout {
            let (name, executable) = match name.strip_suffix('*') {
                Some(name) => (name, true),
                None => (*name, false),
            };
            let path = files.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match content.strip_prefix("-> ") {
                Some(target) => symlink(target.replace("ROOT", root.to_str().unwrap()), &path).unwrap(),
                None => fs::write(&path, content).unwrap(),
            }
            if executable {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let path = store.join(id);
        fs::create_dir_all(&path).unwrap();
        let manifest = serde_json::json!({
            "version": 2, "hmVersion": "", "username": "", "homeDirectory": "/h", "stateVersion": "",
            "configHome": ".config", "homeFiles": files, "homePath": "/s/p",
            "files": { "copied": { "mode": "copy" }, "mode": { "mode": if id == "new" { "copy" } else { "link" } } },
        });
        fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
        Generation::read(&path).unwrap()
    }

    fn show(diffs: &[FileDiff]) -> Vec<String> {
        let state = |state: &Option<FileState>| match state {
            None => "-".to_owned(),
            Some(FileState { kind, size, executable, mode, leads_to }) => format!(
                "{kind:?} {size}{}{}{}",
                if *executable { " x" } else { "" },
                if *mode == FileMode::Copy { " copy" } else { "" },
                leads_to.as_ref().map(|target| format!(" {target}")).unwrap_or_default(),
            ),
        };
        diffs
            .iter()
            .map(|diff| {
                let lines = diff.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>();
                format!(
                    "{:?} {}: {} | {} ({lines})",
                    diff.change,
                    diff.path,
                    state(&diff.old),
                    state(&diff.new)
                )
            })
            .collect()
    }

    fn check(old: &[(&str, &str)], new: &[(&str, &str)], expected: &[&str]) {
        let root = tempfile::tempdir().unwrap();
        let object = root.path().join("store/tree/deep");
        fs::create_dir_all(&object).unwrap();
        fs::write(object.join("leaf"), "tree\n").unwrap();
        symlink(".", object.join("loop")).unwrap();
        let (old, new) = (generation(root.path(), "old", old), generation(root.path(), "new", new));
        let diffs = diff_files(Some(&old), Some(&new), &|path| path.starts_with("skipped")).unwrap();
        let shown: Vec<String> =
            show(&diffs).iter().map(|line| line.replace(root.path().to_str().unwrap(), "ROOT")).collect();
        assert_eq!(shown, expected);
        assert_eq!(diff_files(Some(&old), Some(&old), &|_| false).unwrap(), []);
        assert_eq!(diff_files(None, Some(&new), &|_| false).unwrap().len(), {
            diff_files(Some(&new), None, &|_| false).unwrap().len()
        });
    }

    #[test]
    fn what_files_hold() {
        check(
            &[
                ("same", "a\n"),
                ("copied", "1\n"),
                ("text", "a\nb\n"),
                ("bytes", "a\0"),
                ("gone", "x"),
                ("skipped", "1"),
            ],
            &[
                ("same", "a\n"),
                ("copied", "2\n"),
                ("text", "a\nc\n"),
                ("bytes", "b\0"),
                ("d/new", "x\n"),
                ("skipped", "2"),
            ],
            &[
                "Changed bytes: Binary 2 | Binary 2 (0)",
                "Changed copied: Text 2 copy | Text 2 copy (2)",
                "Added d/new: - | Text 2 (1)",
                "Removed gone: Text 1 | - (1)",
                "Changed text: Text 4 | Text 4 (3)",
            ],
        );
        check(
            &[("run", "a"), ("mode", "a"), ("kind", "a\n")],
            &[("run*", "a"), ("mode", "a"), ("kind", "\0")],
            &[
                "Changed kind: Text 2 | Binary 1 (0)",
                "Changed mode: Text 1 | Text 1 copy (0)",
                "Changed run: Text 1 | Text 1 x (0)",
            ],
        );
    }

    #[test]
    fn large_files_are_compared_but_not_by_line() {
        let large = |last: &str| "a".repeat(1 << 20) + last;
        let (one, other) = (large("1"), large("2"));
        check(
            &[("same", &one), ("other", &one)],
            &[("same", &one), ("other", &other)],
            &["Changed other: Binary 1048577 | Binary 1048577 (0)"],
        );
    }

    #[test]
    fn where_links_lead() {
        check(
            &[
                ("same", "-> ROOT/store/old-files/real"),
                ("real", "a"),
                ("out", "-> /x/1"),
                ("rel", "-> nowhere"),
            ],
            &[
                ("same", "-> ROOT/store/new-files/real"),
                ("real", "a"),
                ("out", "-> /x/2"),
                ("rel", "-> nowhere"),
            ],
            &["Changed out: Link 0 /x/1 | Link 0 /x/2 (0)"],
        );
        check(
            &[("dir", "-> ROOT/store/tree"), ("was", "-> ROOT/store/tree/deep"), ("now", "x")],
            &[("dir", "-> ROOT/store/tree"), ("was", "y"), ("now", "-> ROOT/store/tree/deep")],
            &[
                "Removed now: Text 1 | - (1)",
                "Added now/leaf: - | Text 5 (1)",
                "Added now/loop: - | Link 0 . (0)",
                "Added was: - | Text 1 (1)",
                "Removed was/leaf: Text 5 | - (1)",
                "Removed was/loop: Link 0 . | - (0)",
            ],
        );
    }
}
