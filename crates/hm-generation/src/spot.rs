//! One name in one directory of the home, and the temporary name beside it: the smallest moves that steps are made
//! of, with their inverses.
//!
//! The inverses decide by what they find, never by what should have happened, so they fit every point at which
//! the forward move, or the inverse itself, can have been stopped.
//!
//! A link comes into being whole. A copy is written under a third name, which no other run has used, and then renamed, so
//! that it is whole wherever it can be met.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::io::Errno;

use crate::content::{self, OwnFile};
use crate::managed::Stores;
use crate::sys::{self, FileMode, Name, Sys};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'a> {
    pub(crate) sys: &'a Sys,
    pub(crate) stores: &'a Stores,
    pub(crate) dir: BorrowedFd<'a>,
    pub(crate) name: &'a str,
    pub(crate) aside: &'a str,
    /// The name under which files are written.
    pub(crate) draft: &'a str,
    /// Files reach the disk before they are put in place.
    pub(crate) sync: bool,
}

/// What a step puts at its place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'a> {
    /// A link with this target.
    Link(&'a str),
    /// A copy of this file.
    Copy(&'a Path),
}

/// What a move left under the temporary name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aside {
    /// Nothing, or what the plan put there for later.
    Nothing,
    /// Something that is not ours and must be kept.
    Foreign,
}

/// Whether what was found is the link to `target`.
pub(crate) fn is_link_to(found: &Name, target: &str) -> bool {
    matches!(found, Name::Link(to) if to.as_slice() == target.as_bytes())
}

impl Spot<'_> {
    fn look(&self) -> Result<Name, Errno> {
        sys::look(self.dir, self.name)
    }

    fn look_aside(&self) -> Result<Name, Errno> {
        sys::look(self.dir, self.aside)
    }

    /// Whether a managed link is under the name.
    pub(crate) fn is_managed(&self, name: &str) -> Result<bool, Errno> {
        Ok(self.owns(&sys::look(self.dir, name)?))
    }

    fn owns(&self, found: &Name) -> bool {
        matches!(found, Name::Link(target) if self.stores.owns(target))
    }

    /// Whether `what` is under the name.
    fn holds(&self, name: &str, what: What<'_>) -> Result<bool, Errno> {
        let found = sys::look(self.dir, name)?;
        Ok(match what {
            What::Link(target) => is_link_to(&found, target),
            What::Copy(source) => found == Name::Other && content::is_copy(self.dir, name, source).0,
        })
    }

    /// Puts `what` under the name, which is free.
    pub(crate) fn make(&self, name: &str, what: What<'_>) -> Result<(), Errno> {
        match what {
            What::Link(target) => self.sys.symlink(target, self.dir, name),
            What::Copy(source) => {
                let failed = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
                let bytes = std::fs::read(source).map_err(failed)?;
                let mode = std::fs::metadata(source).map_err(failed)?;
                let executable = content::is_executable(std::os::unix::fs::MetadataExt::mode(&mode));
                self.write(&bytes, FileMode::Usual { executable })?;
                self.sys.rename_noreplace(self.dir, self.draft, name)
            }
        }
    }

    /// Writes a file under the name that is for that.
    pub(crate) fn write(&self, bytes: &[u8], mode: FileMode) -> Result<(), Errno> {
        self.drop_draft()?;
        self.sys.new_file(self.dir, self.draft, bytes, mode, self.sync)
    }

    /// Removes what a run that was stopped has written.
    pub(crate) fn drop_draft(&self) -> Result<(), Errno> {
        if sys::exists(self.dir, self.draft)? { self.sys.unlink(self.dir, self.draft) } else { Ok(()) }
    }

    pub(crate) fn make_dir(&self) -> Result<(), Errno> {
        match self.sys.make_dir(self.dir, self.name, 0o755) {
            Err(Errno::EXIST) if self.look()? == Name::Directory => Ok(()),
            other => other,
        }
    }

    /// Removes the directory if it is empty and there.
    pub(crate) fn remove_empty_dir(&self) -> Result<(), Errno> {
        match self.sys.remove_dir(self.dir, self.name) {
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOENT | Errno::NOTDIR | Errno::BUSY) => Ok(()),
            other => other,
        }
    }

    /// Puts `what` where nothing is.
    pub(crate) fn make_new(&self, what: What<'_>) -> Result<(), Errno> {
        match self.make(self.name, what) {
            Err(Errno::EXIST) if self.holds(self.name, what)? => self.drop_draft(),
            other => other,
        }
    }

    /// Puts `what` in the place of what is there, which is under the temporary name afterwards. With `again` it may have
    /// been done before, and a copy may have been edited since.
    pub(crate) fn swap_in(&self, what: What<'_>, again: bool) -> Result<(), Errno> {
        if again {
            let done = match what {
                What::Link(target) => is_link_to(&self.look()?, target),
                What::Copy(_) => self.look()? == Name::Other,
            };
            if done {
                self.drop_draft()?;
                if self.holds(self.aside, what)? {
                    self.sys.unlink(self.dir, self.aside)?;
                }
                return Ok(());
            }
        }
        match self.make(self.aside, what) {
            Err(Errno::EXIST) if again && self.holds(self.aside, what)? => self.drop_draft()?,
            Err(Errno::EXIST) if again && self.look()? == Name::Absent => {
                // Without exchange, the place is free while what was there is aside already.
                self.drop_draft()?;
                return self.make(self.name, what);
            }
            other => other?,
        }
        match self.sys.exchange(self.dir, self.aside, self.name) {
            Ok(true) => Ok(()),
            // What was to be replaced has gone meanwhile.
            Err(Errno::NOENT) => self.sys.rename_noreplace(self.dir, self.aside, self.name),
            Ok(false) if self.owns(&self.look()?) => self.sys.rename(self.dir, self.aside, self.name),
            Ok(false) => {
                self.sys.rename(self.dir, self.aside, self.draft)?;
                self.sys.rename_noreplace(self.dir, self.name, self.aside)?;
                self.sys.rename_noreplace(self.dir, self.draft, self.name)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Puts `what` in the place of a file that is to hold just `was`, and says whether that is what came out. Where the mode
    /// may be `any`, only the contents count.
    pub(crate) fn swap_own(
        &self,
        what: What<'_>,
        was: &OwnFile,
        any_mode: bool,
        again: bool,
    ) -> Result<Aside, Errno> {
        self.swap_in(what, again)?;
        Ok(match (self.look_aside()?, was) {
            (Name::Absent, _) => Aside::Nothing,
            (Name::Other, OwnFile::Copy(source))
                if any_mode && content::compare(self.dir, self.aside, source.as_ref()).0 =>
            {
                Aside::Nothing
            }
            (Name::Other, was) if content::is_own(self.dir, self.aside, was) => Aside::Nothing,
            _ => Aside::Foreign,
        })
    }

    /// Puts the directory under the temporary name in the place of the managed link.
    pub(crate) fn exchange_dir(&self) -> Result<(), Errno> {
        match self.sys.exchange(self.dir, self.aside, self.name) {
            Ok(true) => Ok(()),
            Err(Errno::NOENT) => self.sys.rename_noreplace(self.dir, self.aside, self.name),
            Ok(false) => {
                if self.owns(&self.look()?) {
                    self.sys.unlink(self.dir, self.name)?;
                }
                self.sys.rename_noreplace(self.dir, self.aside, self.name)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Puts the directory under the temporary name in the place of a file, which is there afterwards.
    pub(crate) fn exchange_own(&self) -> Result<(), Errno> {
        match self.sys.exchange(self.dir, self.aside, self.name) {
            Ok(true) => Ok(()),
            Err(Errno::NOENT) => self.sys.rename_noreplace(self.dir, self.aside, self.name),
            Ok(false) => {
                self.sys.rename_noreplace(self.dir, self.aside, self.draft)?;
                self.sys.rename_noreplace(self.dir, self.name, self.aside)?;
                self.sys.rename_noreplace(self.dir, self.draft, self.name)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Removes the managed link that came out of an exchange.
    pub(crate) fn drop_managed(&self) -> Result<Aside, Errno> {
        match self.look_aside()? {
            Name::Absent => Ok(Aside::Nothing),
            found if self.owns(&found) => {
                self.sys.unlink(self.dir, self.aside)?;
                Ok(Aside::Nothing)
            }
            _ => Ok(Aside::Foreign),
        }
    }

    /// Removes the link at the place if it is a managed one: it is moved to the temporary name first and looked at
    /// there, where nobody replaces it between the look and the removal.
    pub(crate) fn take_away(&self) -> Result<Aside, Errno> {
        self.take_away_if(&|name| self.is_managed(name))
    }

    fn take_away_if(&self, ours: &dyn Fn(&str) -> Result<bool, Errno>) -> Result<Aside, Errno> {
        if self.look_aside()? != Name::Absent && ours(self.aside)? {
            self.sys.unlink(self.dir, self.aside)?;
        }
        let out = self.set_aside(ours)?;
        if out == Aside::Nothing && self.look_aside()? != Name::Absent {
            self.sys.unlink(self.dir, self.aside)?;
        }
        Ok(out)
    }

    /// Moves what is at the place to the temporary name, where it stays if it is `ours`; else it goes back.
    pub(crate) fn set_aside(&self, ours: &dyn Fn(&str) -> Result<bool, Errno>) -> Result<Aside, Errno> {
        if self.look_aside()? == Name::Absent {
            match self.sys.rename_noreplace(self.dir, self.name, self.aside) {
                Ok(()) => {}
                Err(Errno::NOENT) => return Ok(Aside::Nothing),
                Err(errno) => return Err(errno),
            }
        }
        if ours(self.aside)? {
            return Ok(Aside::Nothing);
        }
        match self.sys.rename_noreplace(self.dir, self.aside, self.name) {
            Ok(()) | Err(Errno::NOENT) => Ok(Aside::Nothing),
            Err(Errno::EXIST) => Ok(Aside::Foreign),
            Err(errno) => Err(errno),
        }
    }

    /// The inverse of [`Self::set_aside`].
    pub(crate) fn undo_set_aside(&self) -> Result<Aside, Errno> {
        match self.sys.rename_noreplace(self.dir, self.aside, self.name) {
            Ok(()) | Err(Errno::NOENT) => Ok(Aside::Nothing),
            Err(Errno::EXIST) => Ok(Aside::Foreign),
            Err(errno) => Err(errno),
        }
    }

    /// The inverse of [`Self::make_new`].
    pub(crate) fn undo_new(&self, what: What<'_>) -> Result<Aside, Errno> {
        self.drop_draft()?;
        if self.holds(self.aside, what)? {
            self.sys.unlink(self.dir, self.aside)?;
        }
        if self.holds(self.name, what)? {
            self.take_away_if(&|name| self.holds(name, what))
        } else {
            Ok(Aside::Nothing)
        }
    }

    /// The inverse of [`Self::take_away`].
    pub(crate) fn undo_take_away(&self, was: &str) -> Result<Aside, Errno> {
        let found = self.look_aside()?;
        let restored = match &found {
            Name::Absent => self.sys.symlink(was, self.dir, self.name),
            _ => self.sys.rename_noreplace(self.dir, self.aside, self.name),
        };
        match restored {
            Ok(()) => Ok(Aside::Nothing),
            Err(Errno::EXIST) if found == Name::Absent => Ok(Aside::Nothing),
            Err(Errno::EXIST) => self.drop_managed(),
            Err(errno) => Err(errno),
        }
    }

    /// The inverse of [`Self::swap_in`]. `was` is the target of the managed link that stood there, if it was one;
    /// anything else comes back from the temporary name.
    pub(crate) fn undo_swap(&self, what: What<'_>, was: Option<&str>) -> Result<Aside, Errno> {
        let in_place = self.holds(self.name, what)?;
        if self.look()? == Name::Absent
            && self.look_aside()? != Name::Absent
            && !self.holds(self.aside, what)?
        {
            // Without exchange, the file was moved aside before its place was taken.
            self.sys.rename_noreplace(self.dir, self.aside, self.name)?;
        }
        self.drop_draft()?;
        match (self.look_aside()?, was) {
            (Name::Absent, Some(was)) if in_place => {
                self.sys.symlink(was, self.dir, self.aside)?;
                self.put_back(what)
            }
            (Name::Absent, None) if in_place => {
                self.sys.unlink(self.dir, self.name)?;
                Ok(Aside::Nothing)
            }
            (Name::Absent, _) => Ok(Aside::Nothing),
            _ if self.holds(self.aside, what)? => {
                self.sys.unlink(self.dir, self.aside)?;
                Ok(Aside::Nothing)
            }
            _ if in_place => self.put_back(what),
            _ => self.drop_managed(),
        }
    }

    /// Puts what is under the temporary name back in the place of our new link.
    fn put_back(&self, what: What<'_>) -> Result<Aside, Errno> {
        if self.sys.exchange(self.dir, self.aside, self.name)? {
            if self.holds(self.aside, what)? {
                self.sys.unlink(self.dir, self.aside)?;
                return Ok(Aside::Nothing);
            }
            return Ok(Aside::Foreign);
        }
        if matches!(self.look_aside()?, Name::Directory) {
            self.sys.unlink(self.dir, self.name)?;
            self.sys.rename_noreplace(self.dir, self.aside, self.name)?;
        } else {
            self.sys.rename(self.dir, self.aside, self.name)?;
        }
        Ok(Aside::Nothing)
    }

    /// The inverse of putting a directory of links in the place of the link to `was`.
    pub(crate) fn undo_dir(&self, was: &str, own: &OwnBelow) -> Result<Aside, Errno> {
        let (there, aside) = (self.look()?, self.look_aside()?);
        if there == Name::Directory && aside != Name::Directory {
            if aside == Name::Absent {
                self.sys.symlink(was, self.dir, self.aside)?;
            }
            if !self.sys.exchange(self.dir, self.aside, self.name)? {
                self.sys.unlink(self.dir, self.aside)?;
                self.sys.rename_noreplace(self.dir, self.name, self.aside)?;
                self.sys.symlink(was, self.dir, self.name)?;
            }
        } else if there == Name::Absent {
            self.sys.symlink(was, self.dir, self.name)?;
        }
        match self.look_aside()? {
            Name::Directory if self.purge(own)? => Ok(Aside::Nothing),
            Name::Directory => Ok(Aside::Foreign),
            _ => self.drop_managed(),
        }
    }
}

/// The files of `hm`'s own below a directory, by their path in it.
pub(crate) type OwnBelow = [(String, OwnFile)];

impl Spot<'_> {
    /// The inverse of putting a directory in the place of a file.
    pub(crate) fn undo_own_to_dir(&self, own: &OwnBelow) -> Result<Aside, Errno> {
        // The directory may be under any of the three names, the file under two.
        if self.look()? == Name::Directory
            && self.look_aside()? == Name::Other
            && !self.sys.exchange(self.dir, self.aside, self.name)?
        {
            self.sys.rename_noreplace(self.dir, self.name, self.draft)?;
        }
        if self.look()? == Name::Absent && self.look_aside()? == Name::Other {
            self.sys.rename_noreplace(self.dir, self.aside, self.name)?;
        }
        if sys::look(self.dir, self.draft)? == Name::Directory {
            let draft = Spot { aside: self.draft, ..*self };
            if !draft.purge(own)? {
                self.sys.rename_noreplace(self.dir, self.draft, self.aside)?;
                return Ok(Aside::Foreign);
            }
        }
        match self.look_aside()? {
            Name::Absent => Ok(Aside::Nothing),
            Name::Directory if self.purge(own)? => Ok(Aside::Nothing),
            _ => Ok(Aside::Foreign),
        }
    }

    /// Removes the managed links and unedited files of `hm`'s own below the directory under the temporary name, and the
    /// directories that are empty then. True when nothing is left.
    pub(crate) fn purge(&self, own: &OwnBelow) -> Result<bool, Errno> {
        self.purge_dir(self.dir, self.aside, own)
    }

    fn purge_dir(&self, dir: BorrowedFd<'_>, name: &str, own: &OwnBelow) -> Result<bool, Errno> {
        let inside = sys::open_dir(dir, name)?;
        let names = match sys::list(inside.as_fd(), ".") {
            Err(Errno::ACCESS) => return Ok(false),
            other => other?,
        };
        for child in names {
            match sys::look(inside.as_fd(), &child)? {
                Name::Directory => {
                    let below: Vec<(String, OwnFile)> = own
                        .iter()
                        .filter_map(|(path, own)| {
                            Some((path.strip_prefix(&*child)?.strip_prefix('/')?.to_owned(), own.clone()))
                        })
                        .collect();
                    self.purge_dir(inside.as_fd(), &child, &below)?;
                }
                found => {
                    let expected = own.iter().find(|(path, _)| *path == child);
                    let ours = self.owns(&found)
                        || child == self.draft
                        || expected.is_some_and(|(_, own)| content::is_own(inside.as_fd(), &child, own));
                    if ours {
                        self.sys.unlink(inside.as_fd(), &child)?;
                    }
                }
            }
        }
        match self.sys.remove_dir(dir, name) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(errno) => Err(errno),
        }
    }
}
