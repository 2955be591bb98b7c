//! Carrying out the steps of a plan, each as one atomic system call at the place it changes.
//!
//! A link in a new place is a single `symlinkat`, which is atomic and never replaces anything. A link in the place
//! of something else is made under a temporary name in the same directory and swapped in with `RENAME_EXCHANGE`;
//! what came out is then looked at, and if it is not what the plan said, it is kept as a numbered backup. Where a
//! file system cannot exchange names, a managed link is replaced by a plain rename, and anything else is moved
//! aside before the link is made, so that its name is free for a moment. A copy in the place of a link is written under
//! a name of its own first, and goes the same ways from there.
//!
//! Until the commit, foreign files stay under the temporary name, from where [`Hand::undo`] brings them back;
//! [`Hand::finish`] removes them after it. All three can be repeated after having been stopped at any call.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::io::Errno;
use serde::Serialize;

use crate::content::{self, OwnFile};
use crate::error::Error;
use crate::handles::{Blocked, Handles, Redirect, Redirects};
use crate::inspect::free_backup;
use crate::managed::Stores;
use crate::path::RelPath;
use crate::plan::LinkPlan;
use crate::spot::{Aside, Spot, What};
use crate::step::Step;
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
    /// Files reach the disk before they take their places.
    pub(crate) sync: bool,
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
        Self { sys, stores, home_path, plan, token, again: false, sync: true, handles, kept: Vec::new() }
    }

    /// Carries out step number `index` of a run that was stopped. A place that is no longer as it was found is left as it is:
    /// whatever the user has made of it since counts, and the next plan will see it.
    pub(crate) fn run_again(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        self.again = true;
        match self.run(index, step) {
            Err(error) if is_changed(&error) => {
                let names = self.names(index, step);
                let here = self.home_path.join(step.path());
                let failed = |errno| Error::io("clean up beside", &here, errno);
                let Some(spot) = self.spot_again(step.path(), &names)? else { return Ok(()) };
                spot.drop_draft().map_err(failed)?;
                spot.drop_managed().map_err(failed).map(drop)
            }
            other => other,
        }
    }

    /// Carries out step number `index`. What may only happen after the commit is left to [`Self::finish`].
    pub(crate) fn run(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        let (action, path) = (step.action(), step.path());
        if matches!(step, Step::RemoveEmptyDir { .. }) {
            return Ok(());
        }
        let names = self.names(index, step);
        let target = self.plan.target(path);
        let what = self.what(path, &target);
        let (again, plan) = (self.again, self.plan);
        let here = self.home_path.join(path);
        let failed = |errno| Error::io(action, &here, errno);
        if again {
            self.settle(step, &names)?;
        }
        let spot = match self.spot(path, &names) {
            Ok(spot) => spot,
            // The directory of what is to go is gone, and it with it.
            Err(Error::Io { source, .. })
                if matches!(
                    step,
                    Step::RemoveLink { .. } | Step::RemoveOwn { .. } | Step::SetLines { lines: None, .. }
                ) && source.raw_os_error() == Some(Errno::NOENT.raw_os_error()) =>
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
                spot.make_new(what).map_err(failed)?;
                Aside::Nothing
            }
            Step::ReplaceLink { .. } => {
                spot.swap_in(what, again).map_err(failed)?;
                spot.drop_managed().map_err(failed)?
            }
            Step::AdoptSame { .. } => {
                let same = OwnFile::Copy(target.clone());
                spot.swap_own(what, &same, true, again).map_err(failed)?
            }
            Step::ReplaceOwn { was, .. } => spot.swap_own(what, was, false, again).map_err(failed)?,
            Step::ReplaceForeign { .. } => {
                spot.swap_in(what, again).map_err(failed)?;
                let out = sys::look(spot.dir, spot.aside).map_err(failed)?;
                if out == Name::Directory { Aside::Foreign } else { Aside::Nothing }
            }
            Step::Backup { .. } => {
                spot.swap_in(what, again).map_err(failed)?;
                Aside::Nothing
            }
            Step::LinkToDir { links, .. } => {
                if !(again && sys::look(spot.dir, spot.name).map_err(failed)? == Name::Directory) {
                    if sys::look(spot.dir, spot.aside).map_err(failed)? == Name::Directory {
                        let own = copies_below(plan, path, links);
                        spot.purge(&own).map_err(failed)?;
                    }
                    build(&spot, path, links, plan).map_err(failed)?;
                    spot.exchange_dir().map_err(failed)?;
                }
                let out = spot.drop_managed().map_err(failed)?;
                self.handles.forget(path);
                out
            }
            Step::OwnToDir { was, links, .. } => {
                if !(again && sys::look(spot.dir, spot.name).map_err(failed)? == Name::Directory) {
                    if sys::look(spot.dir, spot.aside).map_err(failed)? == Name::Directory {
                        spot.purge(&copies_below(plan, path, links)).map_err(failed)?;
                    }
                    build(&spot, path, links, plan).map_err(failed)?;
                    spot.exchange_own().map_err(failed)?;
                }
                let out = match sys::look(spot.dir, spot.aside).map_err(failed)? {
                    Name::Absent => Aside::Nothing,
                    Name::Other if content::is_own(spot.dir, spot.aside, was) => Aside::Nothing,
                    _ => Aside::Foreign,
                };
                self.handles.forget(path);
                out
            }
            Step::DirToLink { .. } => {
                spot.swap_in(what, again).map_err(failed)?;
                let out = sys::look(spot.dir, spot.aside).map_err(failed)?;
                self.handles.forget(path);
                if out == Name::Other { Aside::Foreign } else { Aside::Nothing }
            }
            Step::RemoveLink { .. } => spot.take_away().map_err(failed)?,
            Step::RemoveOwn { was, .. } => {
                let ours = |name: &str| Ok(content::is_own(spot.dir, name, was));
                spot.set_aside(&ours).map_err(failed)?
            }
            Step::Restore { was, .. } => spot.restore(was.as_deref()).map_err(failed)?,
            Step::SetLines { lines, made, .. } => {
                if again && !spot.is_text().map_err(failed)? {
                    return Ok(());
                }
                spot.set_lines(lines.as_deref(), *made).map_err(failed)?
            }
        };
        self.keep_foreign(came_out, path, &names)
    }

    /// Does what had to wait for the commit: removes what was displaced, and empty directories.
    pub(crate) fn finish(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        let (action, path) = ("clean up after", step.path());
        let plan = self.plan;
        let names = self.names(index, step);
        let here = self.home_path.join(path);
        let failed = |errno| Error::io(action, &here, errno);
        let empties = matches!(step, Step::RemoveEmptyDir { .. });
        if !(step.displaces() || empties) {
            return Ok(());
        }
        let Some(spot) = self.spot_again(path, &names)? else { return Ok(()) };
        let still = |own: &OwnFile| content::is_own(spot.dir, spot.aside, own);
        let left = match step {
            Step::RemoveEmptyDir { .. } => {
                spot.remove_empty_dir().map_err(failed)?;
                self.handles.forget(path);
                Aside::Nothing
            }
            Step::DirToLink { own, .. } => match sys::look(spot.dir, spot.aside).map_err(failed)? {
                Name::Directory if spot.purge(&below(path, own)).map_err(failed)? => Aside::Nothing,
                Name::Directory => Aside::Foreign,
                _ => spot.drop_managed().map_err(failed)?,
            },
            _ => match sys::look(spot.dir, spot.aside).map_err(failed)? {
                Name::Absent => Aside::Nothing,
                Name::Directory => Aside::Foreign,
                Name::Link(_) | Name::Other => {
                    // A program that had the file open may have written to it until now.
                    let goes = match step {
                        Step::ReplaceOwn { was, .. }
                        | Step::RemoveOwn { was, .. }
                        | Step::OwnToDir { was, .. } => still(was),
                        Step::AdoptSame { path } => {
                            content::compare(spot.dir, spot.aside, plan.target(path).as_ref()).0
                        }
                        _ => true,
                    };
                    if goes {
                        spot.sys.unlink(spot.dir, spot.aside).map_err(failed)?;
                    }
                    if goes { Aside::Nothing } else { Aside::Foreign }
                }
            },
        };
        self.keep_foreign(left, path, &names)
    }

    /// Takes back step number `index`, carried out or not.
    pub(crate) fn undo(&mut self, index: usize, step: &Step) -> Result<(), Error> {
        let path = step.path();
        let names = self.names(index, step);
        let target = self.plan.target(path);
        let what = self.what(path, &target);
        let plan = self.plan;
        let here = self.home_path.join(path);
        let failed = |errno| Error::io("restore", &here, errno);
        self.settle(step, &names)?;
        // Where there is no directory, nothing was made, or it is out of reach.
        let Some(spot) = self.spot_again(path, &names)? else { return Ok(()) };
        let left = match step {
            Step::RemoveEmptyDir { .. } => Aside::Nothing,
            Step::MakeDir { .. } => {
                spot.remove_empty_dir().map_err(failed)?;
                self.handles.forget(path);
                Aside::Nothing
            }
            Step::NewLink { .. } => spot.undo_new(what).map_err(failed)?,
            Step::ReplaceLink { was, .. } => spot.undo_swap(what, Some(was)).map_err(failed)?,
            Step::AdoptSame { .. }
            | Step::ReplaceForeign { .. }
            | Step::ReplaceOwn { .. }
            | Step::DirToLink { .. } => {
                let left = spot.undo_swap(what, None).map_err(failed)?;
                self.handles.forget(path);
                left
            }
            Step::Backup { .. } => {
                // What is under the backup's name and not ours has every right to be there.
                spot.undo_swap(what, None).map_err(failed)?;
                Aside::Nothing
            }
            Step::LinkToDir { was, links, .. } => {
                let left = spot.undo_dir(was, &copies_below(plan, path, links)).map_err(failed)?;
                self.handles.forget(path);
                left
            }
            Step::OwnToDir { links, .. } => {
                let left = spot.undo_own_to_dir(&copies_below(plan, path, links)).map_err(failed)?;
                self.handles.forget(path);
                left
            }
            Step::RemoveLink { was, .. } => spot.undo_take_away(was).map_err(failed)?,
            Step::RemoveOwn { .. } => spot.undo_set_aside().map_err(failed)?,
            Step::Restore { was, .. } => {
                spot.undo_restore(was.as_deref()).map_err(failed)?;
                self.handles.forget(path);
                Aside::Nothing
            }
            Step::SetLines { was, made, .. } => spot.undo_lines(was.as_deref(), *made).map_err(failed)?,
        };
        self.keep_foreign(left, path, &names)
    }

    /// What the steps put at `path`, whose link would have this target.
    fn what<'t>(&self, path: &RelPath, target: &'t str) -> What<'t>
    where
        'a: 't,
    {
        let plan: &'a LinkPlan = self.plan;
        match plan.copies.get(path) {
            Some(source) => What::Copy(source.as_ref()),
            None => What::Link(target),
        }
    }

    /// The names beside the place that the step works with.
    fn names(&self, index: usize, step: &Step) -> Names {
        let aside = match step {
            // The foreign file takes its final name with the exchange itself, and leaves it in the same way.
            Step::Backup { backup, .. } | Step::Restore { backup, .. } => backup.clone(),
            _ => format!(".hm-{}-{index}", self.token),
        };
        Names { aside, draft: format!(".hm-{}-{index}-new", self.token) }
    }

    fn spot<'s>(&'s mut self, path: &'s RelPath, names: &'s Names) -> Result<Spot<'s>, Error> {
        let home_path = self.home_path;
        let dir = self.handles.dir(path.parent()).map_err(|Blocked { at, errno }| match errno {
            Errno::NOTDIR | Errno::LOOP => Error::Changed { path: home_path.join(at) },
            errno => Error::io("open the directory", home_path.join(at), errno),
        })?;
        Ok(Spot {
            sys: self.sys,
            stores: self.stores,
            dir,
            name: path.name(),
            aside: &names.aside,
            draft: &names.draft,
            sync: self.sync,
        })
    }

    /// The same for work that was begun, possibly long ago: a directory that has since been moved within the home, with a
    /// link to it in its place, is followed. None when it is out of reach.
    fn spot_again<'s>(&'s mut self, path: &'s RelPath, names: &'s Names) -> Result<Option<Spot<'s>>, Error> {
        loop {
            match self.handles.dir(path.parent()).map(drop) {
                Ok(()) => break,
                Err(Blocked { errno: Errno::NOENT, .. }) => return Ok(None),
                Err(Blocked { at, errno: Errno::NOTDIR | Errno::LOOP }) => {
                    let followed = RelPath::new(&at)
                        .ok()
                        .and_then(|at| Some((moved_to(self.home_path, &at, self.stores)?, at)))
                        .filter(|(redirect, at)| self.handles.redirects().get(at) != Some(redirect));
                    let Some((redirect, at)) = followed else { return Ok(None) };
                    self.handles.add_redirect(at, redirect);
                }
                Err(Blocked { at, errno }) => {
                    return Err(Error::io("open the directory", self.home_path.join(at), errno));
                }
            }
        }
        self.spot(path, names).map(Some)
    }

    /// Clears away what changing lines has left beside the file when it was stopped.
    fn settle(&mut self, step: &Step, names: &Names) -> Result<(), Error> {
        let Step::SetLines { path, .. } = step else { return Ok(()) };
        let here = self.home_path.join(path);
        let Some(spot) = self.spot_again(path, names)? else { return Ok(()) };
        let out = spot.settle_lines().map_err(|errno| Error::io("clean up beside", &here, errno))?;
        self.keep_foreign(out, path, names)
    }

    /// Gives something foreign that is under a temporary name a name its owner can find.
    fn keep_foreign(&mut self, out: Aside, path: &RelPath, names: &Names) -> Result<(), Error> {
        if out == Aside::Nothing {
            return Ok(());
        }
        let here = self.home_path.join(path);
        let failed = |errno| Error::io("keep what stood at", &here, errno);
        let spot = self.spot(path, names)?;
        loop {
            let backup = free_backup(spot.dir, spot.name, KEPT_EXTENSION, |_| false).map_err(failed)?;
            match spot.sys.rename_noreplace(spot.dir, spot.aside, &backup) {
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

/// Where in the home the directory that was at `at` is now, if there is a link to it in its place.
fn moved_to(home: &Path, at: &RelPath, stores: &Stores) -> Option<Redirect> {
    let real = std::fs::canonicalize(home.join(at)).ok()?;
    let below = real.strip_prefix(std::fs::canonicalize(home).ok()?).ok()?.to_str()?;
    if !real.is_dir() || stores.holding(&real).is_some() {
        return None;
    }
    RelPath::new(below).ok().map(Redirect::Home)
}

/// Whether the error says that a place is no longer as it was found, rather than that a call failed.
fn is_changed(error: &Error) -> bool {
    const CHANGED: [Errno; 5] = [Errno::NOENT, Errno::EXIST, Errno::NOTDIR, Errno::ISDIR, Errno::LOOP];
    match error {
        Error::Changed { .. } => true,
        Error::Io { source, .. } => {
            CHANGED.iter().any(|errno| source.raw_os_error() == Some(errno.raw_os_error()))
        }
        _ => false,
    }
}

/// The names beside a place under which a step makes things and puts them aside.
struct Names {
    aside: String,
    draft: String,
}

/// The copies among `links`, by their path below `path`.
fn copies_below(plan: &LinkPlan, path: &RelPath, links: &[RelPath]) -> Vec<(String, OwnFile)> {
    let copies = links.iter().filter_map(|link| {
        let source = plan.copies.get(link)?;
        Some((link.below(path.as_str())?.to_owned(), OwnFile::Copy(source.clone())))
    });
    copies.collect()
}

/// Files of `hm`'s own by their path below `path`.
fn below(path: &RelPath, own: &[(RelPath, OwnFile)]) -> Vec<(String, OwnFile)> {
    own.iter().filter_map(|(file, own)| Some((file.below(path.as_str())?.to_owned(), own.clone()))).collect()
}

/// Builds the directory of links and copies that takes the place of the link at `path`, under the temporary name.
fn build(spot: &Spot<'_>, path: &RelPath, links: &[RelPath], plan: &LinkPlan) -> Result<(), Errno> {
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
        match plan.copies.get(link) {
            Some(source) => Spot { dir, ..*spot }.make(below.name(), What::Copy(source.as_ref()))?,
            None => spot.sys.symlink(&plan.target(link), dir, below.name())?,
        }
    }
    Ok(())
}
