//! What is written to a home besides switches: generations that go, links that are repaired, and the marks around a
//! collection of garbage.
//!
//! All are in the journal first, so that a removal is all or nothing across a crash, and a collection is not forgotten half
//! done.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::journal::{Garbage, Removal, Side, Work};
use crate::preview::Options;
use crate::problem::Problem;
use crate::repair::{Repair, look_and_plan_repair};
use crate::transaction::{Pending, Session, new_token};

/// A collection of garbage under way. Dropped without [`Self::finish`], as by a process that is killed, it is handed to
/// the next session.
#[derive(Debug)]
pub struct Collection<'s> {
    session: &'s Session<'s>,
    store: PathBuf,
}

impl Session<'_> {
    /// Removes numbered links from the profile.
    ///
    /// # Errors
    /// [`Error::RemoveCurrent`] and [`Error::NoSuchGeneration`] before anything is removed, [`Error::RecoveryPending`]
    /// before [`Self::recover`]; [`Error::Io`], with which some may be gone and others not.
    pub fn remove_generations(&self, ids: &[u64]) -> Result<Vec<Side>, Error> {
        self.check_recovered()?;
        let mut generations: Vec<Side> = Vec::new();
        for id in ids {
            let found = self.env.profile.generation(*id)?;
            if found.current {
                return Err(Error::RemoveCurrent { id: *id });
            }
            if generations.iter().all(|side| side.id != *id) {
                generations.push(Side { id: *id, path: found.target });
            }
        }
        if generations.is_empty() {
            return Ok(generations);
        }
        let work = Work::RemoveGenerations(Removal { generations: generations.clone() });
        self.begin(&new_token(), work, true)?;
        self.complete_removal(&generations).inspect_err(|_| {
            // The caller is told, and asks again for what is left. A journal that cannot be removed does it by itself.
            let _ = self.state().drop_journal();
        })?;
        Ok(generations)
    }

    /// Removes those links that are still there, and then the journal.
    pub(super) fn complete_removal(&self, generations: &[Side]) -> Result<(), Error> {
        let profile = &self.env.profile;
        for Side { id, path } in generations {
            // Other programs write to profiles too: what is current now stays, and so does what leads elsewhere.
            if profile.current_id()? != Some(*id) {
                profile.remove_link(&self.sys, *id, Some(path))?;
            }
        }
        if profile.dir().exists() {
            profile.sync(&self.sys)?;
        }
        self.state().drop_journal()
    }

    /// Makes the plan that repairs the current generation's links and removes those that lead nowhere, together with what
    /// keeps the former from being repaired. None where there is no current generation.
    ///
    /// # Errors
    /// What is wrong with the current generation, most likely that it is gone; [`Error::RecoveryPending`] before
    /// [`Self::recover`]; [`Error::Io`].
    pub fn prepare_repair(&self) -> Result<Option<(Pending<'_>, Vec<Problem>)>, Error> {
        self.check_recovered()?;
        let options = Options::default();
        let repair = look_and_plan_repair(self.env, &self.home, &options)?;
        Ok(repair.map(|Repair { preview, problems }| {
            (Pending { session: self, preview, stops: Vec::new(), sync: options.sync }, problems)
        }))
    }

    /// Notes in the journal that the caller collects the garbage of the store at `store`.
    ///
    /// # Errors
    /// [`Error::RecoveryPending`] before [`Self::recover`]; [`Error::Io`].
    pub fn begin_collection(&self, store: &Path) -> Result<Collection<'_>, Error> {
        self.check_recovered()?;
        let store = store.to_owned();
        self.begin(&new_token(), Work::CollectGarbage(Garbage { store: store.clone() }), true)?;
        Ok(Collection { session: self, store })
    }
}

impl<'s> Collection<'s> {
    pub(super) fn of(session: &'s Session<'s>, store: PathBuf) -> Self {
        Self { session, store }
    }

    /// The directory of the store that is collected, as it was given.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Notes that the collection is over. One that failed is over as well: a store is whole at any moment, and what it was
    /// not told to delete stays until the next collection.
    ///
    /// # Errors
    /// [`Error::Io`] when the journal cannot be removed.
    pub fn finish(self) -> Result<(), Error> {
        self.session.state().drop_journal()
    }
}
