//! Links that lead nowhere: what garbage collection, lost stores and failed activations leave behind.
//!
//! Links of the current generation that are missing or lead elsewhere are made again, which is a switch to the generation
//! that is current. Managed links that lead nowhere and that the current generation has no use for are removed, wherever a
//! known generation puts files: they stem from generations that nobody remembers.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Access, AtFlags};
use rustix::io::Errno;

use crate::error::Error;
use crate::generation::{Generation, read_manifest, walk};
use crate::handles::Handles;
use crate::home::{HomeEnv, open_home};
use crate::path::RelPath;
use crate::plan::LinkPlan;
use crate::preview::{Options, Preview, Target, look_and_plan};
use crate::problem::Problem;
use crate::state::State;
use crate::step::Step;
use crate::sys::{self, Name, Sys};

/// What repairing the current generation's links takes.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The steps, with the current generation as both the old and the new one.
    pub preview: Preview,
    /// Why links of the current generation cannot be made again; the steps then are about other links only.
    pub problems: Vec<Problem>,
}

/// What a repair would do, found out without writing anything. None where there is no current generation.
///
/// # Errors
/// What is wrong with the current generation, most likely that it is gone; [`Error::Io`].
pub fn preview_repair(env: &HomeEnv) -> Result<Option<Repair>, Error> {
    let home = open_home(env)?;
    look_and_plan_repair(env, &home, &Options::default())
}

/// The part that a preview and a repair have in common.
pub(crate) fn look_and_plan_repair(
    env: &HomeEnv,
    home: &OwnedFd,
    options: &Options,
) -> Result<Option<Repair>, Error> {
    let Some(current) = env.profile.current()? else { return Ok(None) };
    let (mut preview, problems) = match look_and_plan(env, home, Target::Id(current.id), options) {
        Ok(preview) => (preview, Vec::new()),
        Err(Error::Problems(problems)) => {
            let generation = Generation::read(&current.target)?;
            let home_files = generation.files.home_files().to_owned();
            let (old, new) = (Some((current.id, generation.clone())), (current.id, generation));
            let plan = LinkPlan { home_files, ..LinkPlan::default() };
            (Preview { old, taken_over: None, new, plan, makes_link: false, old_unreadable: None }, problems)
        }
        Err(error) => return Err(error),
    };
    let made = State { dir: &env.state_dir, sys: &Sys::default() }.made()?;
    let mut search = Search {
        env,
        made: &made,
        handles: Handles::new(home.as_fd(), preview.plan.redirects.clone()),
        taken: preview.plan.steps.iter().map(|step| step.path().clone()).collect(),
        seen: BTreeSet::new(),
    };
    // The current generation's directories come first, by the names it gives them, should a link give them others.
    let own: BTreeSet<String> = dirs_of(preview.new.1.files.entries().keys());
    let mut found = Vec::new();
    let all = dirs_of_all(env)?;
    for dir in own.iter().chain(all.difference(&own)) {
        search.look_into(dir, &preview.new.1, &mut found)?;
    }
    let emptied = search.emptied(&found)?;
    preview.plan.steps.extend(found);
    preview.plan.steps.extend(emptied);
    Ok(Some(Repair { preview, problems }))
}

/// The directories in which the files are, `""` being the home.
fn dirs_of<'p>(files: impl IntoIterator<Item = &'p RelPath>) -> BTreeSet<String> {
    files.into_iter().map(|path| path.parent().to_owned()).collect()
}

/// The directories in which any generation that can still be read has files.
fn dirs_of_all(env: &HomeEnv) -> Result<BTreeSet<String>, Error> {
    let mut objects = BTreeSet::new();
    for numbered in env.profile.list()? {
        objects.extend(read_manifest(&numbered.target).ok().map(|manifest| manifest.home_files));
    }
    let files = objects.iter().filter_map(|object| walk(Path::new(object)).ok());
    Ok(files.flat_map(|files| dirs_of(&files)).collect())
}

struct Search<'a> {
    env: &'a HomeEnv,
    made: &'a BTreeSet<RelPath>,
    handles: Handles<'a>,
    /// Places that steps change already.
    taken: BTreeSet<RelPath>,
    /// The directories that were looked into, by device and number.
    seen: BTreeSet<(u64, u64)>,
}

impl Search<'_> {
    /// Finds the links of one directory that are to go. A directory that cannot be read or written to is passed over.
    fn look_into(&mut self, dir: &str, current: &Generation, found: &mut Vec<Step>) -> Result<(), Error> {
        let here = self.env.home.join(dir);
        let Ok(handle) = self.handles.dir(dir) else { return Ok(()) };
        let stat = rustix::fs::fstat(handle).map_err(Error::at("look at", &here))?;
        if !self.seen.insert((stat.st_dev, stat.st_ino)) || !is_usable(handle) {
            return Ok(());
        }
        for name in sys::list(handle, ".").map_err(Error::at("list the directory", &here))? {
            let place = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            let Ok(path) = RelPath::new(&place) else { continue };
            let within = |taken: &RelPath| path == *taken || path.below(taken.as_str()).is_some();
            if current.files.entries().contains_key(&path) || self.taken.iter().any(within) {
                continue;
            }
            let looked = sys::look(handle, &name).map_err(Error::at("look at", &here))?;
            let Name::Link(target) = looked else { continue };
            let Ok(was) = String::from_utf8(target) else { continue };
            if self.env.stores.owns(was.as_bytes()) && leads_nowhere(handle, &name) {
                found.push(Step::RemoveLink { path, was });
            }
        }
        Ok(())
    }

    /// Directories that `hm` made and in which nothing but the links that go is left, innermost first.
    fn emptied(&mut self, removed: &[Step]) -> Result<Vec<Step>, Error> {
        let mut gone: BTreeSet<String> = removed.iter().map(|step| step.path().as_str().to_owned()).collect();
        let around: BTreeSet<RelPath> =
            removed.iter().flat_map(|step| step.path().ancestors().collect::<Vec<_>>()).collect();
        let mut emptied = Vec::new();
        for dir in around.into_iter().rev().filter(|dir| self.made.contains(dir)) {
            let here = self.env.home.join(&dir);
            if self.handles.redirects().contains_key(&dir) {
                continue;
            }
            let Ok(handle) = self.handles.dir(dir.as_str()) else { continue };
            let names = sys::list(handle, ".").map_err(Error::at("list the directory", &here))?;
            let filled = self.taken.iter().any(|path| path.below(dir.as_str()).is_some());
            if !filled && names.iter().all(|name| gone.contains(&format!("{dir}/{name}"))) {
                gone.insert(dir.as_str().to_owned());
                emptied.push(Step::RemoveEmptyDir { path: dir });
            }
        }
        Ok(emptied)
    }
}

fn is_usable(dir: BorrowedFd<'_>) -> bool {
    let wanted = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    rustix::fs::accessat(dir, ".", wanted, AtFlags::empty()).is_ok()
}

fn leads_nowhere(dir: BorrowedFd<'_>, name: &str) -> bool {
    matches!(rustix::fs::statat(dir, name, AtFlags::empty()), Err(Errno::NOENT | Errno::NOTDIR))
}
