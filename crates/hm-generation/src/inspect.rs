//! A look at a live home: every place that the old or the new generation concerns.
//!
//! An unchanged link costs one `readlinkat` beneath an open handle of its directory, and nothing is ever read
//! through a link: see [`crate::handles`].

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::buffer::spare_capacity;
use rustix::fs::{Access, AtFlags, FileType};
use rustix::io::Errno;

use crate::content::{self, OwnFile};
use crate::error::Error;
use crate::generation::FileSet;
use crate::handles::{Blocked, Handles, Redirect, Redirects};
use crate::live::{Leaf, LiveHome, Parent};
use crate::managed::Stores;
use crate::manifest::FileMode;
use crate::path::RelPath;
use crate::sys;

mod texts;

/// The home to look at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The home, open.
    pub home: BorrowedFd<'a>,
    /// Its path, for following links that lead back into it.
    pub home_path: &'a Path,
    /// Whose links are ours.
    pub stores: &'a Stores,
    /// The caller.
    pub uid: u32,
    /// Directories outside the home that a link in it may lead into, by what the new generation says.
    pub trusted_parents: &'a [PathBuf],
    /// The same by what the old generation says, for removing what it put there.
    pub trusted_before: &'a [PathBuf],
    /// What `hm` moved away from a place, for places that are to be given back.
    pub moved: &'a BTreeMap<RelPath, String>,
    /// The directories that `hm` made.
    pub made: &'a BTreeSet<RelPath>,
    /// Look for a free name to move foreign files to, made with this extension.
    pub backup: Option<&'a str>,
}

/// At most this many foreign names of a directory are listed.
const FOREIGN_NAMES: usize = 5;

/// Looks at `view` wherever `old` or `new` has a file.
///
/// # Errors
/// [`Error::Io`] for what is no property of a target: out of memory or handles, a failing disk.
pub fn inspect(view: View<'_>, old: Option<&FileSet>, new: &FileSet) -> Result<LiveHome, Error> {
    let mut inspector = Inspector {
        view,
        old,
        new,
        handles: Handles::new(view.home, Redirects::new()),
        live: LiveHome::default(),
        changed: BTreeSet::new(),
        seen: String::new(),
        blocked: None,
        leaving: false,
        backups: BTreeSet::new(),
        buffer: Vec::with_capacity(4096),
    };
    for (path, entry) in new.entries() {
        inspector.visit(path, Some(entry.mode))?;
    }
    inspector.leaving = true;
    if let Some(old) = old {
        inspector.blocked = None;
        for path in old.without(new) {
            inspector.visit(path, None)?;
        }
    }
    inspector.look_at_texts()?;
    inspector.look_at_moved()?;
    inspector.check_writable()?;
    inspector.list_made()?;
    let mut live = inspector.live;
    live.redirects = inspector.handles.into_redirects();
    live.made = view.made.clone();
    Ok(live)
}

struct Inspector<'a> {
    view: View<'a>,
    old: Option<&'a FileSet>,
    new: &'a FileSet,
    handles: Handles<'a>,
    live: LiveHome,
    /// Directories in which something will change.
    changed: BTreeSet<String>,
    /// The directory last entered, which is known to be one.
    seen: String,
    /// The place where the last way ended that did not lead to a directory.
    blocked: Option<String>,
    /// What is looked at is only to go.
    leaving: bool,
    /// Names that were found for backups, relative to the home.
    backups: BTreeSet<String>,
    buffer: Vec<u8>,
}

impl Inspector<'_> {
    /// Looks at one target; `wanted` says how the new generation has it, if it does.
    fn visit(&mut self, path: &RelPath, wanted: Option<FileMode>) -> Result<(), Error> {
        if !self.enter(path)? {
            if wanted.is_some() {
                // The links that will be made below this place change the directory it is in.
                let place = self.blocked.as_deref().unwrap_or_default();
                self.changed.insert(place.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned());
            }
            return Ok(());
        }
        let leaf = self.leaf(path, wanted)?;
        let changes = match &leaf {
            Some(Leaf::Current) => false,
            Some(Leaf::Ours(_) | Leaf::File { own: Some(_), .. }) => true,
            Some(Leaf::File { edited: true, .. }) if wanted == Some(FileMode::Copy) => false,
            _ => wanted.is_some(),
        };
        if changes && !self.changed.contains(path.parent()) {
            self.changed.insert(path.parent().to_owned());
        }
        if let Some(leaf) = leaf {
            self.live.leaves.insert(path.clone(), leaf);
        }
        Ok(())
    }

    /// Opens the directory of `path`, recording what its parents are. False when there is none.
    fn enter(&mut self, path: &RelPath) -> Result<bool, Error> {
        let parent = path.parent();
        if parent == self.seen {
            return Ok(true);
        }
        if self.blocked.as_deref().is_some_and(|at| parent == at || path.below(at).is_some()) {
            return Ok(false);
        }
        loop {
            let Err(Blocked { at, errno }) = self.handles.dir(parent).map(drop) else {
                for ancestor in path.ancestors() {
                    self.live.parents.entry(ancestor).or_insert(Parent::Directory);
                }
                parent.clone_into(&mut self.seen);
                self.blocked = None;
                return Ok(true);
            };
            if errno == Errno::NOENT {
                self.blocked = Some(at);
                break;
            }
            let rel =
                RelPath::new(&at).map_err(|_| Error::Changed { path: self.view.home_path.join(&at) })?;
            if let Some(redirect) = self.classify(&rel, errno)? {
                if self.handles.redirects().contains_key(&rel) {
                    return Err(Error::Changed { path: self.view.home_path.join(&at) });
                }
                self.handles.add_redirect(rel, redirect);
                continue;
            }
            self.blocked = Some(at);
            break;
        }
        let blocked = self.blocked.clone().unwrap_or_default();
        for ancestor in path.ancestors().take_while(|dir| dir.as_str().len() < blocked.len()) {
            self.live.parents.entry(ancestor).or_insert(Parent::Directory);
        }
        Ok(false)
    }

    /// Finds out what stands at `at`, which could not be opened as a directory. A redirect says that it is a link
    /// that may be followed.
    fn classify(&mut self, at: &RelPath, errno: Errno) -> Result<Option<Redirect>, Error> {
        let here = self.view.home_path.join(at);
        let dir = self
            .handles
            .dir(at.parent())
            .map_err(|blocked| Error::Changed { path: self.view.home_path.join(blocked.at) })?;
        let parent = match errno {
            Errno::ACCESS | Errno::PERM => Parent::Closed(reason(errno)),
            Errno::NAMETOOLONG => Parent::TooLong,
            Errno::NOTDIR | Errno::LOOP => {
                match sys::look(dir, at.name()).map_err(Error::at("look at", &here))? {
                    sys::Name::Link(target) if self.view.stores.owns(&target) => {
                        Parent::Ours(String::from_utf8_lossy(&target).into_owned())
                    }
                    sys::Name::Link(target) => match self.follow(&here) {
                        Ok(redirect) => return Ok(Some(redirect)),
                        Err(Some(parent)) => parent,
                        Err(None) => Parent::Dangling(String::from_utf8_lossy(&target).into_owned()),
                    },
                    sys::Name::Other => match self.old.and_then(|old| own_before(old, at, dir, at.name())) {
                        Some(own) => Parent::Own(own),
                        None => Parent::File,
                    },
                    sys::Name::Absent | sys::Name::Directory => return Err(Error::Changed { path: here }),
                }
            }
            other => return Err(Error::io("open the directory", here, other)),
        };
        self.live.parents.insert(at.clone(), parent);
        Ok(None)
    }

    /// Where a linked directory really is, if it may be followed; else what is wrong with it, or None when it
    /// leads to no directory.
    fn follow(&self, link: &Path) -> Result<Redirect, Option<Parent>> {
        let real = std::fs::canonicalize(link).map_err(|_| None)?;
        let text = real.to_str().ok_or(None)?;
        let stat = rustix::fs::stat(&real).map_err(|_| None)?;
        if !FileType::from_raw_mode(stat.st_mode).is_dir() {
            return Err(None);
        }
        if self.view.stores.holding(&real).is_some() {
            return Err(Some(Parent::InStore(text.to_owned())));
        }
        let home = std::fs::canonicalize(self.view.home_path).map_err(|_| None)?;
        if let Ok(below) = real.strip_prefix(&home) {
            let below = below.to_str().ok_or(None)?;
            if below.is_empty() {
                return Ok(Redirect::HomeItself);
            }
            return RelPath::new(below).map(Redirect::Home).map_err(|_| None);
        }
        let other_owner = (stat.st_uid != self.view.uid).then_some(stat.st_uid);
        let before = if self.leaving { self.view.trusted_before } else { &[] };
        let trusted =
            self.view.trusted_parents.iter().chain(before).filter(|dir| dir.is_absolute()).any(|dir| {
                real.starts_with(dir) || std::fs::canonicalize(dir).is_ok_and(|dir| real.starts_with(dir))
            });
        if trusted && other_owner.is_none() {
            return Ok(Redirect::Outside(real));
        }
        Err(Some(Parent::Outside { leads_to: text.to_owned(), other_owner }))
    }

    /// What stands at a target whose directory is open.
    fn leaf(&mut self, path: &RelPath, wanted: Option<FileMode>) -> Result<Option<Leaf>, Error> {
        let here = || self.view.home_path.join(path);
        let dir = dir_of(&mut self.handles, self.view.home_path, path)?;
        self.buffer.clear();
        let length = match rustix::fs::readlinkat_raw(dir, path.name(), spare_capacity(&mut self.buffer)) {
            Ok(length) => length,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NAMETOOLONG) => return Ok(Some(Leaf::TooLong)),
            Err(Errno::INVAL) => return self.foreign(path, wanted),
            Err(errno @ Errno::ACCESS) => {
                // Entering the directory is forbidden, so writing to it is as well.
                self.live.unwritable.insert(path.parent().to_owned(), reason(errno));
                return Ok(None);
            }
            Err(errno) => return Err(Error::io("read the link", here(), errno)),
        };
        let target = self.buffer.get(..length).unwrap_or_default();
        if wanted == Some(FileMode::Link) && self.new.is_target(path, target) {
            return Ok(Some(Leaf::Current));
        }
        if self.view.stores.owns(target) {
            // A managed target that is not UTF-8 cannot have been written by us; it is treated as foreign.
            if let Ok(text) = std::str::from_utf8(target) {
                return Ok(Some(Leaf::Ours(text.to_owned())));
            }
        }
        let leads_to = String::from_utf8_lossy(target).into_owned();
        let backup = if wanted.is_some() { self.free_backup(path)? } else { None };
        Ok(Some(Leaf::Link { leads_to, backup }))
    }

    /// What stands at a target that is not a link.
    fn foreign(&mut self, path: &RelPath, wanted: Option<FileMode>) -> Result<Option<Leaf>, Error> {
        let here = self.view.home_path.join(path);
        let dir = dir_of(&mut self.handles, self.view.home_path, path)?;
        let stat = match rustix::fs::statat(dir, path.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            other => other.map_err(Error::at("look at", &here))?,
        };
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                if wanted.is_none() {
                    return Ok(Some(Leaf::Directory {
                        foreign: Vec::new(),
                        links: Vec::new(),
                        own: Vec::new(),
                        backup: None,
                    }));
                }
                let mut found = Contents::default();
                survey(dir, path.as_str(), path.name(), self.view.stores, self.old, &mut found)
                    .map_err(Error::at("list the directory", &here))?;
                let backup = self.free_backup(path)?;
                let Contents { foreign, links, own } = found;
                return Ok(Some(Leaf::Directory { foreign, links, own, backup }));
            }
            FileType::RegularFile => {
                let other_owner = (stat.st_uid != self.view.uid).then_some(stat.st_uid);
                let before = self.old.and_then(|old| old.copy_source(path)).map(OwnFile::Copy);
                let mut own = before.clone().filter(|own| content::is_own(dir, path.name(), own));
                if own.is_none() && wanted.is_some() && before.is_none() {
                    own = content::lines_only(dir, path.name());
                }
                let edited = before.is_some() && own.is_none();
                let (mut same, mut difference) = (false, None);
                if wanted.is_some() && other_owner.is_none() {
                    let name = path.name();
                    (same, difference) = match self.new.copy_source(path) {
                        Some(source) => content::is_copy(dir, name, source.as_ref()),
                        None => content::compare(dir, name, self.new.target(path).as_ref()),
                    };
                    if same && self.new.copy_source(path).is_some() {
                        return Ok(Some(Leaf::Current));
                    }
                }
                let backup = if wanted.is_some() && !same { self.free_backup(path)? } else { None };
                return Ok(Some(Leaf::File { same, difference, own, edited, other_owner, backup }));
            }
            FileType::Socket => "socket",
            FileType::Fifo => "fifo",
            _ => "device",
        };
        Ok(Some(Leaf::Special(kind)))
    }

    fn free_backup(&mut self, path: &RelPath) -> Result<Option<String>, Error> {
        let Some(extension) = self.view.backup else { return Ok(None) };
        let dir = dir_of(&mut self.handles, self.view.home_path, path)?;
        let here = self.view.home_path.join(path);
        let beside = |name: &str| match path.parent() {
            "" => name.to_owned(),
            parent => format!("{parent}/{name}"),
        };
        let (new, given) = (self.new, &self.backups);
        let taken = |name: &str| {
            let place = beside(name);
            new.entries().contains_key(place.as_str()) || given.contains(&place)
        };
        let name = free_backup(dir, path.name(), extension, taken)
            .map_err(Error::at("find a name for a backup of", &here))?;
        self.backups.insert(beside(&name));
        Ok(Some(name))
    }

    fn check_writable(&mut self) -> Result<(), Error> {
        for path in std::mem::take(&mut self.changed) {
            let Ok(dir) = self.handles.dir(&path) else { continue };
            match rustix::fs::accessat(dir, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty()) {
                Ok(()) => {}
                Err(errno @ (Errno::ACCESS | Errno::ROFS | Errno::PERM)) => {
                    self.live.unwritable.insert(path, reason(errno));
                }
                Err(errno) => {
                    return Err(Error::io("look at", self.view.home_path.join(path), errno));
                }
            }
        }
        Ok(())
    }

    /// Lists the directories of ours from which something goes.
    fn list_made(&mut self) -> Result<(), Error> {
        let Some(old) = self.old else { return Ok(()) };
        let mut dirs: BTreeMap<RelPath, Vec<String>> = BTreeMap::new();
        let files = old.without(self.new);
        let texts = old.lines().keys().filter(|path| !self.new.lines().contains_key(*path));
        for path in files.chain(texts) {
            for parent in path.ancestors() {
                let candidate = self.view.made.contains(&parent)
                    && !dirs.contains_key(&parent)
                    && self.live.parents.get(&parent) == Some(&Parent::Directory)
                    && !self.handles.redirects().contains_key(&parent);
                if !candidate {
                    continue;
                }
                let here = self.view.home_path.join(&parent);
                let Ok(dir) = self.handles.dir(parent.as_str()) else { continue };
                dirs.insert(parent, sys::list(dir, ".").map_err(Error::at("list the directory", &here))?);
            }
        }
        self.live.listed = dirs;
        Ok(())
    }
}

/// The directory of `path`, which was open a moment ago.
fn dir_of<'h>(
    handles: &'h mut Handles<'_>,
    home_path: &Path,
    path: &RelPath,
) -> Result<BorrowedFd<'h>, Error> {
    handles.dir(path.parent()).map_err(|blocked| Error::Changed { path: home_path.join(blocked.at) })
}

/// The reason of the system, in words.
fn reason(errno: Errno) -> String {
    match errno {
        Errno::ROFS => "the file system is mounted read-only".to_owned(),
        Errno::ACCESS | Errno::PERM => {
            "permission denied; make it yours and writable (chown, chmod u+rwx)".to_owned()
        }
        other => std::io::Error::from(other).to_string(),
    }
}

/// The first of `NAME.EXT`, `NAME.EXT.1`, `NAME.EXT.2`… that is free and not `taken`; NAME is cut where the file system
/// demands it.
pub(crate) fn free_backup(
    dir: BorrowedFd<'_>,
    name: &str,
    extension: &str,
    taken: impl Fn(&str) -> bool,
) -> Result<String, Errno> {
    let mut stem = name.to_owned();
    let mut number = 0_u64;
    loop {
        let candidate = match number {
            0 => format!("{stem}.{extension}"),
            number => format!("{stem}.{extension}.{number}"),
        };
        match sys::exists(dir, &candidate) {
            Ok(false) if !taken(&candidate) => return Ok(candidate),
            Ok(_) => number += 1,
            Err(Errno::NAMETOOLONG) if stem.pop().is_some() => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// The file at `path` as one that the generation `old` put there, if it is that and unedited.
fn own_before(old: &FileSet, path: &RelPath, dir: BorrowedFd<'_>, name: &str) -> Option<OwnFile> {
    match old.copy_source(path).map(OwnFile::Copy) {
        Some(own) => content::is_own(dir, name, &own).then_some(own),
        None if old.lines().contains_key(path) => content::lines_only(dir, name),
        None => None,
    }
}

#[derive(Default)]
struct Contents {
    foreign: Vec<String>,
    links: Vec<RelPath>,
    own: Vec<(RelPath, OwnFile)>,
}

/// Looks through a directory that stands where a link should: is there anything in it that is not ours?
fn survey(
    dir: BorrowedFd<'_>,
    path: &str,
    name: &str,
    stores: &Stores,
    old: Option<&FileSet>,
    found: &mut Contents,
) -> Result<(), Errno> {
    let inside = sys::open_dir(dir, name)?;
    let names = match sys::list(inside.as_fd(), ".") {
        // What cannot be looked into cannot be ours.
        Err(Errno::ACCESS) => {
            found.foreign.push(path.to_owned());
            return Ok(());
        }
        other => other?,
    };
    for child in names {
        if found.foreign.len() >= FOREIGN_NAMES {
            return Ok(());
        }
        let below = format!("{path}/{child}");
        match (sys::look(inside.as_fd(), &child)?, RelPath::new(&below)) {
            (sys::Name::Link(target), Ok(rel)) if stores.owns(&target) => found.links.push(rel),
            (sys::Name::Directory, Ok(_)) => survey(inside.as_fd(), &below, &child, stores, old, found)?,
            (sys::Name::Other, Ok(rel)) => {
                match old.and_then(|old| own_before(old, &rel, inside.as_fd(), &child)) {
                    Some(own) => found.own.push((rel, own)),
                    None => found.foreign.push(below),
                }
            }
            _ => found.foreign.push(below),
        }
    }
    Ok(())
}
