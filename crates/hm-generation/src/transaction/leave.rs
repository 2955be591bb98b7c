//! The end of `hm` in a home: its links and copies go, what they had displaced comes back, and a home that was taken over
//! from home-manager is given back to it.
//!
//! It is a switch to what was there before, in the same steps, under the same lock and journal. The commit is that the
//! profile link goes. After it, the caller moves the units and removes the store, and then everything of `hm`'s own is
//! removed, the journal last.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use crate::apply::Kept;
use crate::error::Error;
use crate::generation::{FileSet, Generation};
use crate::home::{HomeEnv, open_home};
use crate::home_manager;
use crate::inspect::{View, inspect};
use crate::journal::{Leave, Side, Work, profile_temporary};
use crate::origins::Origins;
use crate::path::RelPath;
use crate::plan::{LinkPlan, plan};
use crate::preview::read_if_generation;
use crate::report::SwitchReport;
use crate::state::State;
use crate::sys::Sys;
use crate::transaction::{Recovery, Session, new_token};

/// What giving the home back would do.
#[derive(Debug, Clone)]
pub struct LeavePreview {
    /// The generation that is current.
    pub old: Option<(u64, Generation)>,
    /// The generation of home-manager that gets the home back.
    pub back_to: Option<Generation>,
    /// The steps.
    pub plan: LinkPlan,
    /// Why the current generation could not be read, so that its links are not removed.
    pub old_unreadable: Option<String>,
}

/// A plan to give the home back that can be carried out.
#[derive(Debug)]
pub struct Leaving<'s> {
    session: &'s Session<'s>,
    preview: LeavePreview,
}

/// A home that is given back. The units and the store are the caller's to deal with now.
#[derive(Debug)]
pub struct Left<'s> {
    session: &'s Session<'s>,
    old: Option<Generation>,
    back_to: Option<Generation>,
    store: Option<PathBuf>,
    report: SwitchReport,
}

/// What giving the home back would do, found out without writing anything. None when there is nothing of `hm`'s in it.
///
/// # Errors
/// [`Error::Problems`] with every place that cannot be given back, [`Error::Io`].
pub fn preview_leave(env: &HomeEnv) -> Result<Option<LeavePreview>, Error> {
    let home = open_home(env)?;
    look(env, &home)
}

fn look(env: &HomeEnv, home: &OwnedFd) -> Result<Option<LeavePreview>, Error> {
    let sys = Sys::default();
    let state = State { dir: &env.state_dir, sys: &sys };
    let origins = state.origins()?;
    let current = env.profile.current()?;
    if current.is_none() && origins == Origins::default() {
        return Ok(None);
    }
    let (old, old_unreadable) = match &current {
        Some(current) => {
            let (generation, why) = read_if_generation(&current.target)?;
            (generation.map(|generation| (current.id, generation)), why)
        }
        None => (None, None),
    };
    let config_home = old.as_ref().map_or(".config", |(_, old)| old.manifest.config_home.as_str());
    let back_to = match &origins.home_manager {
        Some(path) => home_manager::read(path, &env.stores, config_home)?,
        None => None,
    };
    let old_files = old.as_ref().map(|(_, old)| &*old.files);
    let new = files_of(&origins, back_to.as_ref(), old_files);
    let trusted: Vec<PathBuf> = old
        .iter()
        .flat_map(|(_, old)| &old.manifest.trusted_parents)
        .chain(&env.trusted_parents)
        .cloned()
        .collect();
    let view = View {
        home: home.as_fd(),
        home_path: &env.home,
        stores: &env.stores,
        uid: env.uid,
        trusted_parents: &trusted,
        trusted_before: &[],
        moved: &origins.moved,
        made: &state.made()?,
        backup: None,
    };
    let live = inspect(view, old_files, &new)?;
    let plan = plan(old_files, &new, &live).map_err(Error::Problems)?;
    Ok(Some(LeavePreview { old, back_to, plan, old_unreadable }))
}

/// What the home is to have afterwards of all that is known: home-manager's links, and the files that became links of
/// `hm` because they were the same.
fn files_of(origins: &Origins, back_to: Option<&Generation>, old: Option<&FileSet>) -> FileSet {
    let mut files = match back_to {
        Some(generation) => (*generation.files).clone(),
        None => FileSet::default(),
    };
    let known: BTreeMap<&RelPath, &String> = origins.adopted.iter().collect();
    for (path, source) in known {
        // What has been taken out of the configuration is the user's affair since.
        let managed = old.is_some_and(|old| old.entries().contains_key(path));
        if !managed || files.entries().contains_key(path) {
            continue;
        }
        let readable = |source: &str| Path::new(source).is_file();
        let now = old.map(|old| old.target(path));
        let source = Some(source.clone()).filter(|source| readable(source)).or(now);
        if let Some(source) = source.filter(|source| readable(source)) {
            files.add_copy(path.clone(), source);
        }
    }
    files
}

impl Session<'_> {
    /// Makes the plan to give the home back. None when there is nothing of `hm`'s in it.
    ///
    /// # Errors
    /// As [`preview_leave`], and [`Error::RecoveryPending`] before [`Self::recover`].
    pub fn prepare_leave(&self) -> Result<Option<Leaving<'_>>, Error> {
        self.check_recovered()?;
        Ok(look(self.env, &self.home)?.map(|preview| Leaving { session: self, preview }))
    }

    /// Removes what is left of `hm`'s own where nothing is managed: the lock and empty directories.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove_traces(self) -> Result<(), Error> {
        self.env.profile.remove_all(&self.sys, &self.env.home)?;
        self.state().remove(&self.env.home)
    }

    /// Undoes the first `count` steps.
    pub(super) fn undo_leaving(
        &self,
        token: &str,
        plan: &LinkPlan,
        count: usize,
    ) -> Result<Vec<Kept>, Error> {
        let mut hand = self.hand(token, plan);
        for (index, step) in plan.steps.iter().enumerate().take(count).rev() {
            hand.undo(index, step)?;
        }
        if count > 0 {
            self.sync_home(plan)?;
        }
        self.env.profile.remove_temporary(&self.sys, &profile_temporary(token))?;
        self.state().drop_journal()?;
        Ok(hand.kept)
    }

    /// Completes what was committed, up to the units.
    pub(super) fn go_on_leaving(&self, token: &str, leave: &Leave) -> Result<Recovery<'_>, Error> {
        let old = match &leave.old {
            Some(side) => read_if_generation(&side.path)?.0,
            None => None,
        };
        let config_home = old.as_ref().map_or(".config", |old| old.manifest.config_home.as_str());
        let back_to = match &leave.back_to {
            Some(path) => home_manager::read(path, &self.env.stores, config_home)?,
            None => None,
        };
        let mut hand = self.hand(token, &leave.plan);
        // Where there was no profile link to begin with, that it is gone does not say that the steps were taken.
        if leave.old.is_none() {
            for (index, step) in leave.plan.steps.iter().enumerate() {
                hand.run_again(index, step)?;
            }
        }
        let report = self.finish_steps(&leave.plan, &mut hand, true)?;
        Ok(Recovery::Leaving(Box::new(Left {
            session: self,
            old,
            back_to,
            store: leave.store.clone(),
            report,
        })))
    }
}

impl<'s> Leaving<'s> {
    /// What [`Self::apply`] will do.
    #[must_use]
    pub fn preview(&self) -> &LeavePreview {
        &self.preview
    }

    /// Carries out the plan and commits it. `store` is what the caller is going to remove afterwards: the journal keeps it in
    /// mind.
    ///
    /// # Errors
    /// As [`Pending::apply`](crate::Pending::apply).
    pub fn apply(self, store: Option<&Path>) -> Result<Left<'s>, Error> {
        let Self { session, preview } = self;
        let LeavePreview { old, back_to, plan, old_unreadable } = preview;
        let side = |(id, generation): &(u64, Generation)| Side { id: *id, path: generation.path.clone() };
        let (token, old_side) = (new_token(), old.as_ref().map(side));
        let back = back_to.as_ref().map(|generation| generation.path.clone());
        let store = store.map(Path::to_owned);
        let leave = Leave { old: old_side.clone(), back_to: back, store, plan };
        session.begin(&token, Work::Leave(Cow::Borrowed(&leave)), true)?;
        let mut hand = session.hand(&token, &leave.plan);
        let mut begun = 0;
        let mut go = || {
            for (index, step) in leave.plan.steps.iter().enumerate() {
                begun = index + 1;
                hand.run(index, step)?;
            }
            session.sync_home(&leave.plan)?;
            session.env.profile.remove_current(&session.sys)
        };
        if let Err(cause) = go() {
            return Err(match session.undo_leaving(&token, &leave.plan, begun) {
                Ok(kept) if kept.is_empty() && hand.kept.is_empty() => cause,
                Ok(kept) => {
                    hand.kept.extend(kept);
                    Error::KeptAside { cause: Box::new(cause), kept: hand.kept }
                }
                Err(undo) => Error::UndoFailed { cause: Box::new(cause), undo: Box::new(undo) },
            });
        }
        let after = |error| Error::AfterCommit(Box::new(error));
        if session.env.profile.dir().exists() {
            session.env.profile.sync(&session.sys).map_err(after)?;
        }
        let mut report = session.finish_steps(&leave.plan, &mut hand, true).map_err(after)?;
        report.old = old_side;
        report.old_unreadable = old_unreadable;
        Ok(Left { session, old: old.map(|(_, old)| old), back_to, store: leave.store, report })
    }
}

impl Left<'_> {
    /// The generation that was current, as far as it can be read.
    #[must_use]
    pub fn old(&self) -> Option<&Generation> {
        self.old.as_ref()
    }

    /// The generation of home-manager that has the home back.
    #[must_use]
    pub fn back_to(&self) -> Option<&Generation> {
        self.back_to.as_ref()
    }

    /// The store that is to be removed.
    #[must_use]
    pub fn store(&self) -> Option<&Path> {
        self.store.as_deref()
    }

    /// Removes everything of `hm`'s own, the journal last. Until then a crash makes the next session go on with it.
    ///
    /// # Errors
    /// [`Error::AfterCommit`] with what could not be removed.
    pub fn finish(self) -> Result<SwitchReport, Error> {
        let Self { session, report, .. } = self;
        let remove = || {
            session.env.profile.remove_all(&session.sys, &session.env.home)?;
            session.state().forget()?;
            session.state().drop_journal()?;
            session.state().remove(&session.env.home)
        };
        remove().map_err(|error| Error::AfterCommit(Box::new(error)))?;
        Ok(report)
    }
}
