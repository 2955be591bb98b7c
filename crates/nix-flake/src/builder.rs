//! Writes a source tree whose members come in any order from somewhere that is not trusted: an archive, a git tree.
//!
//! Every directory is made here and every file is new, and symbolic links are made last, so that nothing is ever written
//! through a link. Of the permissions only the executable bit is kept, as in a Nix archive.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix_formats::Tree;
use nix_formats::nar::{MAX_DEPTH, check_entry_name, check_symlink_target};

use crate::error::{Context, Error, Result};

/// A tree that is being written below a directory that was empty.
pub(crate) struct TreeBuilder {
    root: PathBuf,
    entries: BTreeMap<Vec<u8>, Node>,
    hard_links: BTreeMap<Vec<Vec<u8>>, Vec<Vec<u8>>>,
}

enum Node {
    File,
    Link(Vec<u8>),
    Directory(BTreeMap<Vec<u8>, Node>),
}

/// The components of a member's name, with `.` and `..` resolved by text; `..` never leads out.
fn components(name: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => {
                check_entry_name(part)?;
                parts.push(part.to_vec());
            }
        }
    }
    if parts.len() >= MAX_DEPTH {
        let reason = format!("is nested deeper than {MAX_DEPTH}");
        return Err(member(name, &reason));
    }
    Ok(parts)
}

pub(crate) fn member(name: &[u8], reason: &str) -> Error {
    Error::ArchiveMember { name: String::from_utf8_lossy(name).into_owned(), reason: reason.to_owned() }
}

impl TreeBuilder {
    /// Begins in `root`, which exists and is empty.
    pub(crate) fn new(root: PathBuf) -> Self {
        TreeBuilder { root, entries: BTreeMap::new(), hard_links: BTreeMap::new() }
    }

    fn real(&self, parts: &[Vec<u8>]) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(parts.iter().map(|part| OsStr::from_bytes(part)));
        path
    }

    /// The entries of the directory `parts`, which is made if it is not there.
    fn directory_at<'t>(
        root: &Path,
        mut entries: &'t mut BTreeMap<Vec<u8>, Node>,
        parts: &[Vec<u8>],
    ) -> Result<&'t mut BTreeMap<Vec<u8>, Node>> {
        let mut path = root.to_owned();
        for part in parts {
            path.push(OsStr::from_bytes(part));
            let node = match entries.entry(part.clone()) {
                std::collections::btree_map::Entry::Occupied(found) => found.into_mut(),
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    fs::create_dir(&path).context("creating directory", &path)?;
                    vacant.insert(Node::Directory(BTreeMap::new()))
                }
            };
            let Node::Directory(inner) = node else {
                let shown = path.strip_prefix(root).unwrap_or(&path);
                return Err(member(
                    shown.as_os_str().as_bytes(),
                    "is a directory and something else as well",
                ));
            };
            entries = inner;
        }
        Ok(entries)
    }

    /// Adds a directory, unless it is there.
    pub(crate) fn directory(&mut self, name: &[u8]) -> Result<()> {
        let parts = components(name)?;
        Self::directory_at(&self.root, &mut self.entries, &parts)?;
        Ok(())
    }

    /// Puts `node` at `name`, in place of a file or link there, and gives the place on disk, where nothing is now.
    fn put(&mut self, name: &[u8], node: Node) -> Result<PathBuf> {
        let parts = components(name)?;
        let Some((last, parents)) = parts.split_last() else {
            return Err(member(name, "is the tree itself and no directory"));
        };
        let path = self.real(&parts);
        let entries = Self::directory_at(&self.root, &mut self.entries, parents)?;
        match entries.insert(last.clone(), node) {
            Some(Node::File) => fs::remove_file(&path).context("removing", &path)?,
            Some(Node::Directory(_)) => {
                return Err(member(name, "is a directory and something else as well"));
            }
            Some(Node::Link(_)) | None => {}
        }
        Ok(path)
    }

    /// Adds a regular file, whose contents are to be written to what it returns.
    pub(crate) fn file(&mut self, name: &[u8], executable: bool) -> Result<File> {
        let path = self.put(name, Node::File)?;
        let mut options = File::options();
        options.write(true).create_new(true).mode(if executable { 0o755 } else { 0o644 });
        options.open(&path).context("creating", &path)
    }

    /// Adds a symbolic link.
    pub(crate) fn symlink(&mut self, name: &[u8], target: &[u8]) -> Result<()> {
        check_symlink_target(target)?;
        self.put(name, Node::Link(target.to_vec()))?;
        Ok(())
    }

    /// Adds a second name for a member, which may come later.
    pub(crate) fn hard_link(&mut self, name: &[u8], target: &[u8]) -> Result<()> {
        self.hard_links.insert(components(name)?, components(target)?);
        Ok(())
    }

    /// Adds a copy of the tree at `source`, which is trusted to stay as it is.
    pub(crate) fn graft(&mut self, name: &[u8], source: &Path) -> Result<()> {
        self.directory(name)?;
        for entry in fs::read_dir(source).context("reading directory", source)? {
            let entry = entry.context("reading directory", source)?;
            let mut inner = name.to_vec();
            inner.push(b'/');
            inner.extend_from_slice(entry.file_name().as_bytes());
            self.copy(&inner, &entry.path())?;
        }
        Ok(())
    }

    /// Adds a copy of what is at `source`, a directory with all it holds.
    pub(crate) fn copy(&mut self, name: &[u8], source: &Path) -> Result<()> {
        let metadata = source.symlink_metadata().context("getting status of", source)?;
        if metadata.is_dir() {
            self.graft(name, source)
        } else if metadata.is_symlink() {
            let target = fs::read_link(source).context("reading symbolic link", source)?;
            self.symlink(name, target.as_os_str().as_bytes())
        } else if metadata.is_file() {
            let mut from = File::open(source).context("opening file", source)?;
            let mut to = self.file(name, metadata.permissions().mode() & 0o100 != 0)?;
            std::io::copy(&mut from, &mut to).context("copying", source)?;
            Ok(())
        } else {
            Err(member(name, "has an unsupported type"))
        }
    }

    /// Adds a tree that is in memory.
    pub(crate) fn tree(&mut self, name: &[u8], tree: &Tree) -> Result<()> {
        match tree {
            Tree::Regular { contents, executable } => {
                let mut file = self.file(name, *executable)?;
                file.write_all(contents).context("writing", String::from_utf8_lossy(name).as_ref())
            }
            Tree::Symlink { target } => self.symlink(name, target),
            Tree::Directory(entries) => {
                self.directory(name)?;
                entries.iter().try_for_each(|(entry, inner)| self.tree(&[name, entry].join(&b'/'), inner))
            }
        }
    }

    fn lookup(&self, parts: &[Vec<u8>]) -> Option<&Node> {
        let (last, parents) = parts.split_last()?;
        let mut entries = &self.entries;
        for part in parents {
            let Node::Directory(inner) = entries.get(part)? else { return None };
            entries = inner;
        }
        entries.get(last)
    }

    /// Makes hard links and symbolic links.
    pub(crate) fn finish(mut self) -> Result<Finished> {
        for (parts, target) in std::mem::take(&mut self.hard_links) {
            let name = parts.join(&b'/');
            match self.lookup(&target) {
                _ if target.is_empty() => {}
                Some(Node::File) => {
                    let from = self.real(&target);
                    self.copy(&name, &from)?;
                }
                Some(Node::Link(link)) => {
                    let link = link.clone();
                    self.symlink(&name, &link)?;
                }
                Some(Node::Directory(_)) => return Err(member(&name, "is a hard link to a directory")),
                None => {
                    let shown = String::from_utf8_lossy(&target.join(&b'/')).into_owned();
                    return Err(member(&name, &format!("is a hard link to '{shown}', which is not there")));
                }
            }
        }
        make_links(&self.root, &self.entries)?;
        let single = match self.entries.iter().next() {
            Some((name, Node::Directory(_))) if self.entries.len() == 1 => Some(OsStr::from_bytes(name)),
            _ => None,
        };
        Ok(Finished { single: single.map(|name| self.root.join(name)), root: self.root })
    }
}

fn make_links(directory: &Path, entries: &BTreeMap<Vec<u8>, Node>) -> Result<()> {
    for (name, node) in entries {
        let path = directory.join(OsStr::from_bytes(name));
        match node {
            Node::File => {}
            Node::Link(target) => {
                std::os::unix::fs::symlink(OsStr::from_bytes(target), &path)
                    .context("creating the link", &path)?;
            }
            Node::Directory(inner) => make_links(&path, inner)?,
        }
    }
    Ok(())
}

/// A tree that is written.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its directory.
    pub(crate) root: PathBuf,
    /// The directory that is all there is in it, if so.
    pub(crate) single: Option<PathBuf>,
}

impl Finished {
    /// The tree without a directory around it that holds everything.
    pub(crate) fn stripped(&self) -> &Path {
        self.single.as_deref().unwrap_or(&self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Step = fn(&mut TreeBuilder) -> Result<()>;

    /// What is in a tree after `steps`, or the message of the first that fails.
    #[track_caller]
    fn check(steps: &[Step], expected: &str) {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = TreeBuilder::new(dir.path().to_owned());
        let result = steps.iter().try_for_each(|step| step(&mut builder)).and_then(|()| builder.finish());
        let found = match result {
            Ok(_) => list(dir.path(), ""),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    fn list(dir: &Path, prefix: &str) -> String {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap()).collect();
        names.sort_by_key(|entry| entry.file_name());
        let mut out = String::new();
        for entry in names {
            let kind = entry.file_type().unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if kind.is_dir() {
                out.push_str(&format!("{name}/ {}", list(&entry.path(), &format!("{name}/"))));
            } else if kind.is_symlink() {
                out.push_str(&format!("{name}@ "));
            } else {
                out.push_str(&format!("{name} "));
            }
        }
        out
    }

    #[test]
    fn members_stay_below_the_root() {
        check(
            &[|t| t.file(b"../../a", false).map(drop), |t| t.file(b"/etc/b", true).map(drop)],
            "a etc/ etc/b ",
        );
        check(&[|t| t.symlink(b"l", b"/tmp"), |t| t.file(b"l", false).map(drop)], "l ");
        check(
            &[|t| t.symlink(b"l", b"/tmp"), |t| t.file(b"l/x", false).map(drop)],
            "file 'l' in tarball is a directory and something else as well",
        );
        check(
            &[|t| t.file(b".", false).map(drop)],
            "file '.' in tarball is the tree itself and no directory",
        );
        check(&[|t| t.directory(b"a"), |t| t.directory(b"./a//b/"), |t| t.directory(b"")], "a/ a/b/ ");
        check(
            &[|t| t.directory(b"a"), |t| t.symlink(b"a", b"x")],
            "file 'a' in tarball is a directory and something else as well",
        );
        check(&[|t| t.file(b"a", false).map(drop), |t| t.hard_link(b"b", b"a")], "a b ");
        check(
            &[|t| t.hard_link(b"b", b"../../etc/passwd")],
            "file 'b' in tarball is a hard link to 'etc/passwd', which is not there",
        );
        check(&[|t| t.symlink(b"a", b"x"), |t| t.hard_link(b"d/b", b"a")], "a@ d/ d/b@ ");
    }
}
