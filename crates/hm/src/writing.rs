//! What every command that writes to a home begins with: the lock, and the end of what an interrupted one has left.
//!
//! What follows the commit of a switch (entries, hooks, units) is here as well, because it is the same whether the switch
//! is this run's or an interrupted one's.

use std::path::Path;
use std::time::Duration;

use hm_generation::{
    Applied, Generation, HomeEnv, Left, Recovery, Session, SwitchReport, Unfinished, interrupted,
};

use crate::activation::{self, Activation, Hooked, Phase};
use crate::cli::{LockArguments, UnitArguments};
use crate::collection;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::output::{Output, count, names};
use crate::timings::Timings;
use crate::unit_report::UnitsReport;
use crate::units::{self, Units, Way};

/// How long to wait for processes that use a store which is to be removed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a writing command needs to know.
pub(crate) struct Writing<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: &'a Output,
    pub(crate) home: &'a HomeEnv,
    pub(crate) lock: LockArguments,
    pub(crate) units: UnitArguments,
    /// The store that the command has open, if it has one.
    pub(crate) store: Option<&'a Path>,
}

impl<'a> Writing<'a> {
    /// Takes the lock and deals with what an interrupted run has left. With it come the units that failed where a switch had
    /// to be completed: they are not to keep a command from repairing them.
    ///
    /// # Errors
    /// When another `hm` has the lock and is not to be waited for, or what was interrupted can be neither completed nor
    /// undone.
    pub(crate) fn begin(&self) -> Result<(Session<'a>, Option<CommandError>), CommandError> {
        let session = self.open()?;
        let failure = match session.recover()? {
            None => None,
            Some(Recovery::RolledBack { wanted, .. }) => {
                self.output.note(format_args!("undid an interrupted switch to generation {}", wanted.id));
                None
            }
            Some(Recovery::Lost { wanted, why }) => {
                self.output.warning(format_args!(
                    "an interrupted switch to generation {} cannot be completed: {why}",
                    wanted.id
                ));
                None
            }
            Some(Recovery::Stayed { .. }) => {
                self.output.note("undid an interrupted uninstallation");
                None
            }
            Some(Recovery::GenerationsRemoved { generations }) => {
                let gone = count(generations.len(), "generation");
                self.output.note(format_args!("completed an interrupted removal of {gone}"));
                None
            }
            Some(Recovery::Collecting(collection)) => {
                let (environment, output, home) = (self.environment, self.output, self.home);
                let report = collection::collect(environment, output, home, collection.store(), false);
                collection.finish()?;
                match report {
                    Ok(report) => output.note(format_args!(
                        "completed an interrupted garbage collection: freed {}",
                        collection::freed(&report)
                    )),
                    // It is no reason not to switch, which may well be what is needed.
                    Err(error) => output.warning(format_args!(
                        "an interrupted garbage collection could not be completed: {}",
                        error.message
                    )),
                }
                None
            }
            Some(Recovery::Leaving(left)) => {
                self.output.note("completing an interrupted uninstallation");
                let units = units::prepare(self.environment, self.output, left.old(), left.back_to())?;
                let failure = self.finish_leaving(*left, units)?.0.failure;
                // The lock has gone with everything else.
                drop(session);
                return Ok((self.open()?, failure));
            }
            Some(Recovery::RolledForward(applied)) => {
                let (id, new) = applied.new_generation();
                self.output.note(format_args!("completing an interrupted switch to generation {id}"));
                let units = units::prepare_again(
                    self.environment,
                    self.output,
                    applied.before(),
                    Some(new),
                    applied.stops(),
                )?;
                let (told, mut failures) = self.follow_up(&applied, units, &mut Timings::start())?;
                if told.broken_off {
                    failures.extend(told.failure);
                    return Err(joined(failures));
                }
                if !told.clauses.is_empty() {
                    self.output.note(format_args!("completed generation {id}: {}", told.clauses.join("; ")));
                }
                told.lines.iter().for_each(|line| self.output.note(line));
                applied.finish()?;
                failures.extend(told.failure);
                failures.into_iter().reduce(CommandError::and)
            }
        };
        Ok((session, failure))
    }

    /// Completes an interrupted uninstallation, if there is one. Whoever is going to open a store does this before: the store
    /// is what goes, and not while somebody has it open.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub(crate) fn complete_uninstallation(&self) -> Result<(), CommandError> {
        match interrupted(self.home)?.map(|interrupted| interrupted.work) {
            Some(Unfinished::Leave { committed: true }) => self.begin()?.1.map_or(Ok(()), Err),
            _ => Ok(()),
        }
    }

    fn open(&self) -> Result<Session<'a>, CommandError> {
        Ok(Session::open(self.home, || {
            if !self.lock.no_wait {
                self.output.note("waiting for another hm to finish with this home");
            }
            !self.lock.no_wait
        })?)
    }

    fn way<'w>(&'w self, old: Option<&'w Generation>, new: Option<&'w Generation>) -> Way<'w> {
        let (environment, output, arguments) = (self.environment, self.output, self.units);
        Way { environment, output, old, new, arguments }
    }

    /// What follows the commit of a switch: the entries of the configuration, the hooks of files that changed, the units.
    ///
    /// # Errors
    /// When the list of entries cannot be read. What fails of the rest is returned.
    pub(crate) fn follow_up(
        &self,
        applied: &Applied<'_>,
        units: Units,
        timings: &mut Timings,
    ) -> Result<(UnitsReport, Vec<CommandError>), CommandError> {
        let (new, old) = (&applied.new_generation().1, applied.before());
        let activation = Activation::new(new, old, self.output.is_verbose())?;
        let mut failures = Vec::new();
        failures.extend(activation.run(Phase::Link).err());
        let mut hooked = Vec::new();
        match activation::run_hooks(new, old) {
            Ok(hooks) => {
                for Hooked { target, failure } in hooks {
                    hooked.extend(failure.is_none().then_some(target));
                    failures.extend(failure);
                }
            }
            Err(failure) => failures.push(failure),
        }
        let behind = units.are_left_behind();
        let mut told = timings.time("systemd", || units.carry_out(self.way(old, Some(new))));
        if let Some(behind) = behind.filter(|_| !told.broken_off) {
            applied.note_units(behind)?;
        }
        if !hooked.is_empty() {
            told.clauses.insert(0, format!("ran onChange of {}", names(&hooked)));
        }
        failures.extend(activation.run(Phase::Systemd).err());
        Ok((told, failures))
    }

    /// What follows the commit of an uninstallation: the units, the store, and everything of `hm`'s own.
    ///
    /// # Errors
    /// What could not be removed, or that moving the units was broken off; the next writing command tries again.
    pub(crate) fn finish_leaving(
        &self,
        left: Left<'_>,
        units: Units,
    ) -> Result<(UnitsReport, SwitchReport), CommandError> {
        let mut told = units.carry_out(self.way(left.old(), left.back_to()));
        if told.broken_off {
            return Err(joined(told.failure.take().into_iter().collect()));
        }
        // A command that completes an interrupted uninstallation may be about to use the store, and has it open.
        let in_use = |store: &Path| {
            self.store.is_some_and(|own| own == store || own.canonicalize().ok() == store.canonicalize().ok())
        };
        if let Some(store) = left.store().filter(|store| !in_use(store)) {
            nix_store::destroy(store, PATIENCE)?;
            // The directories around it were made for it, if they are empty.
            let around = store.ancestors().skip(1).take_while(|dir| *dir != self.home.home);
            _ = around.map(std::fs::remove_dir).take_while(Result::is_ok).count();
        }
        Ok((told, left.finish()?))
    }
}

/// The error of a command that has to leave its work to the next one.
fn joined(failures: Vec<CommandError>) -> CommandError {
    let nothing = || CommandError::internal("units were not all moved, and nobody knows why");
    failures.into_iter().reduce(CommandError::and).unwrap_or_else(nothing)
}
