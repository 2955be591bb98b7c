//! One name in one directory of the home, and the temporary name beside it: the smallest moves that steps are made
//! of, with their inverses.
//!
//! The inverses decide by what they find, never by what should have happened, so they fit every point at which
//! the forward move, or the inverse itself, can have been stopped.

use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;

use crate::managed::Stores;
use crate::sys::{self, Name, Sys};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'a> {
    pub(crate) sys: &'a Sys,
    pub(crate) stores: &'a Stores,
    pub(crate) dir: BorrowedFd<'a>,
    pub(crate) name: &'a str,
    pub(crate) aside: &'a str,
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

    fn owns(&self, found: &Name) -> bool {
        matches!(found, Name::Link(target) if self.stores.owns(target))
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

    /// Makes the link where nothing is.
    pub(crate) fn new_link(&self, target: &str) -> Result<(), Errno> {
        match self.sys.symlink(target, self.dir, self.name) {
            Err(Errno::EXIST) if is_link_to(&self.look()?, target) => Ok(()),
            other => other,
        }
    }

    /// Puts the link in the place of what is there, which is under the temporary name afterwards.
    pub(crate) fn swap_in(&self, target: &str, again: bool) -> Result<(), Errno> {
        if again && is_link_to(&self.look()?, target) {
            if is_link_to(&self.look_aside()?, target) {
                self.sys.unlink(self.dir, self.aside)?;
            }
            return Ok(());
        }
        match self.sys.symlink(target, self.dir, self.aside) {
            Err(Errno::EXIST) if again && is_link_to(&self.look_aside()?, target) => {}
            other => other?,
        }
        match self.sys.exchange(self.dir, self.aside, self.name) {
            Ok(true) => Ok(()),
            // What was to be replaced has gone meanwhile.
            Err(Errno::NOENT) => self.sys.rename_noreplace(self.dir, self.aside, self.name),
            Ok(false) if self.owns(&self.look()?) => self.sys.rename(self.dir, self.aside, self.name),
            Ok(false) => {
                self.sys.unlink(self.dir, self.aside)?;
                self.sys.rename_noreplace(self.dir, self.name, self.aside)?;
                self.sys.symlink(target, self.dir, self.name)
            }
            Err(errno) => Err(errno),
        }
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
        self.take_away_if(|found| self.owns(found))
    }

    fn take_away_if(&self, ours: impl Fn(&Name) -> bool) -> Result<Aside, Errno> {
        match self.look_aside()? {
            Name::Absent => match self.sys.rename_noreplace(self.dir, self.name, self.aside) {
                Ok(()) => {}
                Err(Errno::NOENT) => return Ok(Aside::Nothing),
                Err(errno) => return Err(errno),
            },
            found if ours(&found) => {
                self.sys.unlink(self.dir, self.aside)?;
                return self.take_away_if(ours);
            }
            _ => {}
        }
        if ours(&self.look_aside()?) {
            self.sys.unlink(self.dir, self.aside)?;
            return Ok(Aside::Nothing);
        }
        match self.sys.rename_noreplace(self.dir, self.aside, self.name) {
            Ok(()) | Err(Errno::NOENT) => Ok(Aside::Nothing),
            Err(Errno::EXIST) => Ok(Aside::Foreign),
            Err(errno) => Err(errno),
        }
    }

    /// The inverse of [`Self::new_link`].
    pub(crate) fn undo_new(&self, target: &str) -> Result<Aside, Errno> {
        let ours = |found: &Name| is_link_to(found, target);
        if ours(&self.look_aside()?) {
            self.sys.unlink(self.dir, self.aside)?;
        }
        if ours(&self.look()?) { self.take_away_if(ours) } else { Ok(Aside::Nothing) }
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
    pub(crate) fn undo_swap(&self, target: &str, was: Option<&str>) -> Result<Aside, Errno> {
        let in_place = is_link_to(&self.look()?, target);
        match (self.look_aside()?, was) {
            (Name::Absent, Some(was)) if in_place => {
                self.sys.symlink(was, self.dir, self.aside)?;
                self.put_back(target)
            }
            (Name::Absent, None) if in_place => {
                self.sys.unlink(self.dir, self.name)?;
                Ok(Aside::Nothing)
            }
            (Name::Absent, _) => Ok(Aside::Nothing),
            (found, _) if is_link_to(&found, target) => {
                self.sys.unlink(self.dir, self.aside)?;
                Ok(Aside::Nothing)
            }
            _ if in_place => self.put_back(target),
            (found, _) if self.look()? == Name::Absent => {
                // Without exchange, the file was moved aside before its place was taken.
                drop(found);
                self.sys.rename_noreplace(self.dir, self.aside, self.name)?;
                Ok(Aside::Nothing)
            }
            _ => self.drop_managed(),
        }
    }

    /// Puts what is under the temporary name back in the place of our new link.
    fn put_back(&self, target: &str) -> Result<Aside, Errno> {
        if self.sys.exchange(self.dir, self.aside, self.name)? {
            if is_link_to(&self.look_aside()?, target) {
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
    pub(crate) fn undo_dir(&self, was: &str) -> Result<Aside, Errno> {
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
            Name::Directory if purge(self.sys, self.stores, self.dir, self.aside)? => Ok(Aside::Nothing),
            Name::Directory => Ok(Aside::Foreign),
            _ => self.drop_managed(),
        }
    }
}

/// Removes the managed links below the directory `name`, and the directories that are empty then. True when
/// nothing is left.
pub(crate) fn purge(sys: &Sys, stores: &Stores, dir: BorrowedFd<'_>, name: &str) -> Result<bool, Errno> {
    let inside = sys::open_dir(dir, name)?;
    for child in sys::list(inside.as_fd(), ".")? {
        match sys::look(inside.as_fd(), &child)? {
            Name::Link(target) if stores.owns(&target) => sys.unlink(inside.as_fd(), &child)?,
            Name::Directory => {
                purge(sys, stores, inside.as_fd(), &child)?;
            }
            _ => {}
        }
    }
    match sys.remove_dir(dir, name) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(errno) => Err(errno),
    }
}
