//! What becomes of a run that was interrupted, by the kind of its work.
//!
//! A switch is undone or completed, depending on whether it had reached its commit; a removal of generations is completed;
//! a collection of garbage is handed back, because the store is the caller's. All of them can be interrupted again.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::apply::Kept;
use crate::error::Error;
use crate::home::HomeEnv;
use crate::home_manager;
use crate::journal::{Garbage, Journal, Removal, Side, Switch, Work, profile_temporary};
use crate::preview::read_if_generation;
use crate::state::State;
use crate::sys::Sys;
use crate::transaction::{Applied, Collection, Left, Session};

/// A run that was interrupted, or that another process has under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// What it set out to do.
    pub work: Unfinished,
    /// Whether it is still under way in another process.
    pub running: bool,
}

/// What an interrupted run set out to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfinished {
    /// A switch.
    Switch {
        /// The generation it came from.
        old: Option<Side>,
        /// The generation it goes to.
        new: Side,
        /// Whether it has passed its commit, so that it will be rolled forward and not back.
        committed: bool,
    },
    /// The end of `hm` in this home.
    Leave {
        /// Whether it has passed its commit, so that it will be completed and not undone.
        committed: bool,
    },
    /// A removal of generations.
    RemoveGenerations {
        /// Those that go.
        generations: Vec<Side>,
    },
    /// A collection of garbage.
    CollectGarbage {
        /// The directory of the store, as the caller had named it.
        store: PathBuf,
    },
}

/// The work in the words of a sentence, as in "a switch to generation 3".
impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch { new, .. } => write!(f, "a switch to generation {}", new.id),
            Self::Leave { .. } => f.write_str("giving the home back"),
            Self::RemoveGenerations { generations } => {
                let word = if generations.len() == 1 { "generation" } else { "generations" };
                write!(f, "a removal of {} {word}", generations.len())
            }
            Self::CollectGarbage { .. } => write!(f, "a garbage collection"),
        }
    }
}

/// What became of an interrupted run.
#[derive(Debug)]
pub enum Recovery<'s> {
    /// It was a switch that had not been committed, and was undone.
    RolledBack {
        /// The generation it wanted to reach.
        wanted: Side,
        /// The generation that is current again.
        current: Option<Side>,
        /// Foreign files that had turned up in the places of links, and were moved to another name.
        kept: Vec<Kept>,
    },
    /// It was a switch that had been committed, and was completed but for the units: move them, then finish.
    RolledForward(Box<Applied<'s>>),
    /// It was a switch that had been committed, and the generation it went to is gone: the units cannot be moved.
    Lost {
        /// That generation.
        wanted: Side,
        /// What is wrong with it.
        why: String,
    },
    /// It was the end of `hm` in this home, had not been committed, and was undone.
    Stayed {
        /// Foreign files that had turned up in the places of links, and were moved to another name.
        kept: Vec<Kept>,
    },
    /// It was the end of `hm` in this home, had been committed, and was completed but for the units and the store: move and
    /// remove them, then finish.
    Leaving(Box<Left<'s>>),
    /// It was a removal of generations, and was completed.
    GenerationsRemoved {
        /// Those that went, now or before.
        generations: Vec<Side>,
    },
    /// It was a collection of garbage: collect that store again, then finish.
    Collecting(Collection<'s>),
}

/// Whether a run was interrupted, for commands that only read.
///
/// # Errors
/// [`Error::NewerFormat`], [`Error::Malformed`], [`Error::Io`].
pub fn interrupted(env: &HomeEnv) -> Result<Option<Interrupted>, Error> {
    let sys = Sys::default();
    let state = State { dir: &env.state_dir, sys: &sys };
    let Some(journal) = state.journal()? else { return Ok(None) };
    let work = match journal.work {
        Work::Switch(switch) => {
            let Switch { old, new, .. } = switch.into_owned();
            let committed = env.profile.current_id()? == Some(new.id);
            Unfinished::Switch { old, new, committed }
        }
        Work::Leave(_) => Unfinished::Leave { committed: env.profile.current_id()?.is_none() },
        Work::RemoveGenerations(Removal { generations }) => Unfinished::RemoveGenerations { generations },
        Work::CollectGarbage(Garbage { store }) => Unfinished::CollectGarbage { store },
    };
    let running = state.is_locked();
    Ok(Some(Interrupted { work, running }))
}

impl Session<'_> {
    /// Completes or undoes an interrupted run. None when there was none.
    ///
    /// # Errors
    /// What keeps it from being completed or undone; the journal then stays for the next attempt.
    /// [`Error::ForeignJournal`] when the state directory is shared with another home.
    pub fn recover(&self) -> Result<Option<Recovery<'_>>, Error> {
        let Some(journal) = self.state().journal()? else { return Ok(None) };
        if !(same_place(&journal.home, &self.env.home)
            && same_profile(&journal.profile, &self.env.profile.path()))
        {
            return Err(Error::ForeignJournal {
                journal: self.state().journal_path(),
                theirs: journal.home,
                ours: self.env.home.clone(),
            });
        }
        let Journal { token, work, .. } = journal;
        match work {
            Work::Switch(switch) if self.env.profile.current_id()? == Some(switch.new.id) => {
                self.roll_forward(&token, &switch)
            }
            Work::Switch(switch) => {
                let kept = self.roll_back(&token, &switch, switch.plan.steps.len(), true)?;
                let Switch { old, new, .. } = switch.into_owned();
                Ok(Recovery::RolledBack { wanted: new, current: old, kept })
            }
            Work::Leave(leave) if self.env.profile.current_id()?.is_none() => {
                self.go_on_leaving(&token, &leave)
            }
            Work::Leave(leave) => {
                let kept = self.undo_leaving(&token, &leave.plan, leave.plan.steps.len())?;
                Ok(Recovery::Stayed { kept })
            }
            Work::RemoveGenerations(Removal { generations }) => {
                self.complete_removal(&generations)?;
                Ok(Recovery::GenerationsRemoved { generations })
            }
            Work::CollectGarbage(Garbage { store }) => Ok(Recovery::Collecting(Collection::of(self, store))),
        }
        .map(Some)
    }

    /// Completes a switch that was committed, up to the units.
    fn roll_forward(&self, token: &str, switch: &Switch) -> Result<Recovery<'_>, Error> {
        let old = match &switch.old {
            Some(side) => read_if_generation(&side.path)?.0.map(|generation| (side.id, generation)),
            None => None,
        };
        let new = match read_if_generation(&switch.new.path)? {
            (Some(new), _) => (switch.new.id, new),
            (None, why) => return self.give_up(token, switch, why.unwrap_or_default()),
        };
        let mut hand = self.hand(token, &switch.plan);
        // Where the profile has been moved, every step had been taken before. Where it leads to the same number as ever, it
        // says nothing.
        if switch.old.as_ref().is_some_and(|old| old.id == switch.new.id) {
            for (index, step) in switch.plan.steps.iter().enumerate() {
                hand.run_again(index, step)?;
            }
        }
        let report = self.clean_up(switch, &mut hand, true)?;
        let taken_over = match &switch.takes_over {
            Some(path) => home_manager::read(path, &self.env.stores, &new.1.manifest.config_home)?,
            None => None,
        };
        let applied = Applied {
            session: self,
            old,
            taken_over,
            new,
            report,
            stops: switch.stops.clone(),
            journalled: true,
        };
        Ok(Recovery::RolledForward(Box::new(applied)))
    }

    /// The same where the new generation is gone: what the home needs of it is lost, and only this work can be ended.
    fn give_up(&self, token: &str, switch: &Switch, why: String) -> Result<Recovery<'_>, Error> {
        let mut hand = self.hand(token, &switch.plan);
        self.clean_up(switch, &mut hand, true)?;
        self.state().drop_journal()?;
        Ok(Recovery::Lost { wanted: switch.new.clone(), why })
    }

    /// Undoes the first `count` steps of a switch that was not committed, and everything else it did.
    pub(super) fn roll_back(
        &self,
        token: &str,
        switch: &Switch,
        count: usize,
        sync: bool,
    ) -> Result<Vec<Kept>, Error> {
        let mut hand = self.hand(token, &switch.plan);
        for (index, step) in switch.plan.steps.iter().enumerate().take(count).rev() {
            hand.undo(index, step)?;
        }
        if sync && count > 0 {
            // The journal must not be gone from the disk while it says what is still to be undone there.
            self.sync_home(&switch.plan)?;
        }
        let profile = &self.env.profile;
        if switch.makes_link {
            profile.remove_link(&self.sys, switch.new.id, Some(&switch.new.path))?;
        }
        profile.remove_temporary(&self.sys, &profile_temporary(token))?;
        self.state().drop_journal()?;
        Ok(hand.kept)
    }
}

/// Whether two paths are one file; a home can be spelled in several ways.
fn same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| rustix::fs::stat(path).map(|stat| (stat.st_dev, stat.st_ino)).ok();
    one == other || place(one).is_some_and(|found| Some(found) == place(other))
}

fn same_profile(one: &Path, other: &Path) -> bool {
    match (one.parent(), other.parent()) {
        (Some(here), Some(there)) => one.file_name() == other.file_name() && same_place(here, there),
        _ => one == other,
    }
}
