//! What a switch would do: the reading half of a transaction, which writes nothing.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::generation::Generation;
use crate::home::{HomeEnv, open_home};
use crate::home_manager;
use crate::inspect::{View, inspect};
use crate::plan::{LinkPlan, plan};
use crate::state::State;
use crate::sys::Sys;

/// What to switch to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// The generation at this store path, which becomes a new number unless it is the current one.
    Path(&'a Path),
    /// A number of the profile.
    Id(u64),
    /// The number before the current one.
    Previous,
}

/// How to switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Move foreign files that stand in the way to a name with this extension, instead of refusing.
    pub backup: Option<String>,
    /// Sync to the disk, so that the promises hold across a loss of power as well.
    pub sync: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { backup: None, sync: true }
    }
}

/// What a switch would do. Nothing has been written, not even the lock.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The current generation.
    pub old: Option<(u64, Generation)>,
    /// The generation of home-manager that is taken over from, when there is no current one of `hm`'s.
    pub taken_over: Option<Generation>,
    /// The new one, with the number it has or would get.
    pub new: (u64, Generation),
    /// The steps.
    pub plan: LinkPlan,
    /// Whether the number is a new one.
    pub(crate) makes_link: bool,
    /// Why the current generation could not be read, so that it is not in `old`.
    pub old_unreadable: Option<String>,
}

/// What a switch to `target` would do, found out without writing anything.
///
/// # Errors
/// As [`Session::prepare`](crate::Session::prepare), except that an interrupted run is no error: the plan is made from what stands there.
pub fn preview(env: &HomeEnv, target: Target<'_>, options: &Options) -> Result<Preview, Error> {
    let home = open_home(env)?;
    look_and_plan(env, &home, target, options)
}

/// The part that a preview and a switch have in common.
pub(crate) fn look_and_plan(
    env: &HomeEnv,
    home: &OwnedFd,
    target: Target<'_>,
    options: &Options,
) -> Result<Preview, Error> {
    let current = env.profile.current()?;
    let (old, old_unreadable) = match &current {
        Some(current) => {
            let (generation, why) = read_if_generation(&current.target)?;
            (generation.map(|generation| (current.id, generation)), why)
        }
        None => (None, None),
    };
    let (id, path, makes_link) = match target {
        Target::Path(path) => match &current {
            Some(current) if current.target == path => (current.id, path.to_owned(), false),
            _ => (env.profile.next_id()?, path.to_owned(), true),
        },
        Target::Id(id) => (id, env.profile.generation(id)?.target, false),
        Target::Previous => {
            let previous = env.profile.previous()?;
            (previous.id, previous.target, false)
        }
    };
    let new = match &old {
        Some((_, old)) if old.path == path => old.clone(),
        _ => Generation::read(&path)?,
    };
    // Links that we could not recognise afterwards must not be made.
    if !env.stores.owns(format!("{}/", new.files.home_files()).as_bytes()) {
        let why = format!("its files {} are not in a store that is known", new.files.home_files());
        return Err(Error::NotAGeneration { path, why });
    }
    let taken_over = match &current {
        None => home_manager::find(&env.home_manager, &env.stores, &new.manifest.config_home)?,
        Some(_) => None,
    };
    let made = State { dir: &env.state_dir, sys: &Sys::default() }.made()?;
    let trusted = |generation: &Generation| -> Vec<PathBuf> {
        env.trusted_parents.iter().chain(&generation.manifest.trusted_parents).cloned().collect()
    };
    let trusted_before = old.as_ref().map(|(_, old)| trusted(old)).unwrap_or_default();
    let view = View {
        home: home.as_fd(),
        home_path: &env.home,
        stores: &env.stores,
        uid: env.uid,
        trusted_parents: &trusted(&new),
        trusted_before: &trusted_before,
        moved: &BTreeMap::new(),
        made: &made,
        backup: options.backup.as_deref(),
    };
    let old_files = match (&old, &taken_over) {
        (Some((_, old)), _) => Some(&*old.files),
        (None, Some(taken_over)) => Some(&taken_over.files),
        (None, None) => None,
    };
    let live = inspect(view, old_files, &new.files)?;
    let plan = plan(old_files, &new.files, &live).map_err(Error::Problems)?;
    let taken_over = taken_over.map(|taken_over| taken_over.generation);
    Ok(Preview { old, taken_over, new: (id, new), plan, makes_link, old_unreadable })
}

impl Preview {
    /// The generation that the home comes from: `hm`'s current one, or that of home-manager.
    #[must_use]
    pub fn before(&self) -> Option<&Generation> {
        self.old.as_ref().map(|(_, old)| old).or(self.taken_over.as_ref())
    }
}

/// Reads a generation that need not be one: after a store was lost, or when the profile was made by something
/// else, its links cannot be told and stay. The second half says why.
pub(crate) fn read_if_generation(path: &Path) -> Result<(Option<Generation>, Option<String>), Error> {
    match Generation::read(path) {
        Ok(generation) => Ok((Some(generation), None)),
        Err(error @ Error::NotAGeneration { .. }) => Ok((None, Some(error.to_string()))),
        Err(error) => Err(error),
    }
}
