//! Carrying out the steps of a plan, each as one atomic system call at the place it changes.
//!
//! A link in a new place is a single `symlinkat`, which is atomic and never replaces anything. A link in the place
//! of something else is made under a temporary name in the same directory and swapped in with `RENAME_EXCHANGE`;
//! what came out is then looked at, and if it is not what the plan said, it is kept as a numbered backup. Where a
//! file system cannot exchange names, a managed link is replaced by a plain rename, and anything else is moved
//! aside before the link is made, so that its name is free for a moment.
//!
//! Until the commit, foreign files stay under the temporary name, from where [`Hand::undo`] brings them back;
//! [`Hand::finish`] removes them after it. All three can be repeated after having been stopped at any call.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::io::Errno;
use serde::Serialize;

use crate::error::Error;
use crate::handles::{Blocked, Handles, Redirects};
use crate::inspect::{compare, free_backup};
use crate::managed::Stores;
use crate::path::RelPath;
use crate::plan::{LinkPlan, Step};
use crate::spot::{Aside, Spot, purge};
use crate::sys::{self, Name, Sys};

/// The extension of the backups that no plan asked for.
const KEPT_EXTENSION: &str = "hm-backup";

/// Something foreign that turned up at a place after it had been planned, and was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The place.
    pub path: RelPath,
    /// The name it has now, in the same directory.
    pub backup: String,
}

/// Carries out, undoes and finishes the steps of one plan.
#[derive(Debug)]
pub(crate) struct Hand<'a> {
    pub(crate) sys: &'a Sys,
    pub(crate) stores: &'a Stores,
    pub(crate) home_path: &'a Path,
    pub(crate) plan: &'a LinkPlan,
    /// Part of every temporary name, different for every run.
    pub(crate) token: &'a str,
    /// The steps may have been carried out before, in whole or in part.
    pub(crate) again: bool,
    pub(crate) handles: Handles<'a>,
    pub(crate) kept: Vec<Kept>,
}

impl<'a> Hand<'a> {
    pub(crate) fn new(
        sys: &'a Sys,
        stores: &'a Stores,
        home: BorrowedFd<'a>,
        home_path: &'a Path,
        plan: &'a LinkPlan,
        token: &'a str,
    ) -> Self {
        let handles = Handles::new(home, plan.redirects.clone());
        Self { sys, stores, home_path, plan, token, again: false, handles, kept: Vec::new() }
    }

    /// Carries out step number `index`. What may only happen after the commit is left to [`Self::finish`].
    pub(crate) fn run(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        let (action, path) = (action(step), step.path());
        if matches!(step, Step::RemoveEmptyDir { .. }) {
            return Ok(());
        }
        let target = self.plan.target(path);
        let aside = self.aside(index, step);
        let (again, home_files) = (self.again, self.plan.home_files.as_str());
        let here = self.home_path.join(path);
        let failed = |errno| Error::io(action, &here, errno);
        let spot = match self.spot(path, &aside) {
            Ok(spot) => spot,
            // The directory of a link that is to go is gone, and the link with it.
            Err(Error::Io { source, .. })
                if matches!(step, Step::RemoveLink { .. })
                    && source.raw_os_error() == Some(Errno::NOENT.raw_os_error()) =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let came_out = match step {
            Step::RemoveEmptyDir { .. } => Aside::Nothing,
            Step::MakeDir { .. } => {
                spot.make_dir().map_err(failed)?;
                Aside::Nothing
            }
            Step::NewLink { .. } => {
                spot.new_link(&target).map_err(failed)?;
                Aside::Nothing
            }
            Step::ReplaceLink { .. } => {
                spot.swap_in(&target, again).map_err(failed)?;
                spot.drop_managed().map_err(failed)?
            }
            Step::AdoptSame { .. } => {
                spot.swap_in(&target, again).map_err(failed)?;
                let out = sys::look(spot.dir, spot.aside).map_err(failed)?;
                let same = matches!(out, Name::Other) && compare(spot.dir, spot.aside, target.as_ref()).0;
                if same || out == Name::Absent { Aside::Nothing } else { Aside::Foreign }
            }
            Step::ReplaceForeign { .. } => {
                spot.swap_in(&target, again).map_err(failed)?;
                let out = sys::look(spot.dir, spot.aside).map_err(failed)?;
                if out == Name::Directory { Aside::Foreign } else { Aside::Nothing }
            }
            Step::Backup { .. } => {
                spot.swap_in(&target, again).map_err(failed)?;
                Aside::Nothing
            }
            Step::LinkToDir { links, .. } => {
                if !(again && sys::look(spot.dir, spot.name).map_err(failed)? == Name::Directory) {
                    if sys::look(spot.dir, spot.aside).map_err(failed)? == Name::Directory {
                        purge(spot.sys, spot.stores, spot.dir, spot.aside).map_err(failed)?;
                    }
                    build(&spot, path, links, home_files).map_err(failed)?;
                    spot.exchange_dir().map_err(failed)?;
                }
                let out = spot.drop_managed().map_err(failed)?;
                self.handles.forget(path);
                out
            }
            Step::DirToLink { .. } => {
                spot.swap_in(&target, again).map_err(failed)?;
                let out = sys::look(spot.dir, spot.aside).map_err(failed)?;
                self.handles.forget(path);
                if out == Name::Other { Aside::Foreign } else { Aside::Nothing }
            }
            Step::RemoveLink { .. } => spot.take_away().map_err(failed)?,
        };
        self.keep_foreign(came_out, path, &aside)
    }

    /// Does what had to wait for the commit: removes what was displaced, and empty directories.
    pub(crate) fn finish(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        let (action, path) = ("clean up after", step.path());
        let aside = self.aside(index, step);
        let here = self.home_path.join(path);
        let failed = |errno| Error::io(action, &here, errno);
        let spot = match step {
            Step::AdoptSame { .. }
            | Step::ReplaceForeign { .. }
            | Step::DirToLink { .. }
            | Step::RemoveEmptyDir { .. } => match self.spot(path, &aside) {
                Ok(spot) => spot,
                Err(_) if matches!(step, Step::RemoveEmptyDir { .. }) => return Ok(()),
                Err(error) => return Err(error),
            },
            _ => return Ok(()),
        };
        let left = match step {
            Step::RemoveEmptyDir { .. } => {
                spot.remove_empty_dir().map_err(failed)?;
                self.handles.forget(path);
                Aside::Nothing
            }
            Step::DirToLink { .. } => match sys::look(spot.dir, spot.aside).map_err(failed)? {
                Name::Directory if purge(spot.sys, spot.stores, spot.dir, spot.aside).map_err(failed)? => {
                    Aside::Nothing
                }
                Name::Directory => Aside::Foreign,
                _ => spot.drop_managed().map_err(failed)?,
            },
            _ => match sys::look(spot.dir, spot.aside).map_err(failed)? {
                Name::Absent => Aside::Nothing,
                Name::Directory => Aside::Foreign,
                Name::Link(_) | Name::Other => {
                    spot.sys.unlink(spot.dir, spot.aside).map_err(failed)?;
                    Aside::Nothing
                }
            },
        };
        self.keep_foreign(left, path, &aside)
    }

    /// Takes back step number `index`, carried out or not.
    pub(crate) fn undo(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        let path = step.path();
        let target = self.plan.target(path);
        let aside = self.aside(index, step);
        let here = self.home_path.join(path);
        let failed = |errno| Error::io("restore", &here, errno);
        let spot = match self.spot(path, &aside) {
            Ok(spot) => spot,
            // Where there is no directory, nothing was made.
            Err(Error::Io { source, .. }) if source.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let left = match step {
            Step::RemoveEmptyDir { .. } => Aside::Nothing,
            Step::MakeDir { .. } => {
                spot.remove_empty_dir().map_err(failed)?;
                self.handles.forget(path);
                Aside::Nothing
            }
            Step::NewLink { .. } => spot.undo_new(&target).map_err(failed)?,
            Step::ReplaceLink { was, .. } => spot.undo_swap(&target, Some(was)).map_err(failed)?,
            Step::AdoptSame { .. } | Step::ReplaceForeign { .. } | Step::DirToLink { .. } => {
                let left = spot.undo_swap(&target, None).map_err(failed)?;
                self.handles.forget(path);
                left
            }
            Step::Backup { .. } => {
                // What is under the backup's name and not ours has every right to be there.
                spot.undo_swap(&target, None).map_err(failed)?;
                Aside::Nothing
            }
            Step::LinkToDir { was, .. } => {
                let left = spot.undo_dir(was).map_err(failed)?;
                self.handles.forget(path);
                left
            }
            Step::RemoveLink { was, .. } => spot.undo_take_away(was).map_err(failed)?,
        };
        self.keep_foreign(left, path, &aside)
    }

    /// The name beside the place that the step works with.
    fn aside(&self, index: usize, step: &Step) -> String {
        match step {
            // The foreign file takes its final name with the exchange itself.
            Step::Backup { backup, .. } => backup.clone(),
            _ => format!(".hm-{}-{index}", self.token),
        }
    }

    fn spot<'s>(&'s mut self, path: &'s RelPath, aside: &'s str) -> Result<Spot<'s>, Error> {
        let home_path = self.home_path;
        let dir = self.handles.dir(path.parent()).map_err(|Blocked { at, errno }| match errno {
            Errno::NOTDIR | Errno::LOOP => Error::Changed { path: home_path.join(at) },
            errno => Error::io("open the directory", home_path.join(at), errno),
        })?;
        Ok(Spot { sys: self.sys, stores: self.stores, dir, name: path.name(), aside })
    }

    /// Gives something foreign that is under a temporary name a name its owner can find.
    fn keep_foreign(&mut self, out: Aside, path: &RelPath, aside: &str) -> Result<(), Error> {
        if out == Aside::Nothing {
            return Ok(());
        }
        let here = self.home_path.join(path);
        let failed = |errno| Error::io("keep what stood at", &here, errno);
        let spot = self.spot(path, aside)?;
        loop {
            let backup = free_backup(spot.dir, spot.name, KEPT_EXTENSION).map_err(failed)?;
            match spot.sys.rename_noreplace(spot.dir, aside, &backup) {
                Ok(()) => {
                    self.kept.push(Kept { path: path.clone(), backup });
                    return Ok(());
                }
                Err(Errno::EXIST) => {}
                Err(Errno::NOENT) => return Ok(()),
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
}

/// Builds the directory of links that takes the place of the link at `path`, under the temporary name.
fn build(spot: &Spot<'_>, path: &RelPath, links: &[RelPath], home_files: &str) -> Result<(), Errno> {
    spot.sys.make_dir(spot.dir, spot.aside, 0o755)?;
    let root = sys::open_dir(spot.dir, spot.aside)?;
    let mut handles = Handles::new(root.as_fd(), Redirects::new());
    for link in links {
        let Some(below) = link.below(path.as_str()).and_then(|text| RelPath::new(text).ok()) else {
            continue;
        };
        let dir = loop {
            match handles.dir(below.parent()).map(drop) {
                Ok(()) => break handles.dir(below.parent()),
                Err(Blocked { at, errno: Errno::NOENT }) => {
                    let missing = RelPath::new(&at).map_err(|_| Errno::INVAL)?;
                    let around = handles.dir(missing.parent()).map_err(|blocked| blocked.errno)?;
                    spot.sys.make_dir(around, missing.name(), 0o755)?;
                }
                Err(Blocked { errno, .. }) => return Err(errno),
            }
        };
        let dir = dir.map_err(|blocked| blocked.errno)?;
        spot.sys.symlink(&format!("{home_files}/{link}"), dir, below.name())?;
    }
    Ok(())
}

/// The step in the words of an error message.
fn action(step: &Step) -> &'static str {
    match step {
        Step::MakeDir { .. } => "make the directory",
        Step::NewLink { .. } => "make the link",
        Step::ReplaceLink { .. } => "replace the link",
        Step::AdoptSame { .. } | Step::ReplaceForeign { .. } => "replace the file",
        Step::Backup { .. } => "back up",
        Step::LinkToDir { .. } => "make a directory of the link",
        Step::DirToLink { .. } => "make a link of the directory",
        Step::RemoveLink { .. } => "remove the link",
        Step::RemoveEmptyDir { .. } => "remove the directory",
    }
}
