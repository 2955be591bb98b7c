//! The evaluation cache: what an evaluation was told by the world is kept with what came of it, and when the world would
//! tell the same again, that is said without evaluating. docs/architecture.md tells what is kept and why it can be relied upon.

mod bytes;
mod folder;
mod key;
mod outcome;
mod record;
mod recording;
mod seen;
mod stamp;

use crate::environment::Environment;
use crate::error::CommandError;
use crate::host::Machine;
use folder::Folder;
pub(crate) use key::Key;
pub(crate) use outcome::{Outcome, Transcript};
use record::Record;
pub(crate) use recording::Recording;
use seen::Again;

/// How long an evaluation has to take to be worth its record, in milliseconds, unless the environment says something else.
const WORTH_KEEPING: u128 = 50;

/// The place of one evaluation in the cache.
#[derive(Debug)]
pub(crate) struct EvaluationCache {
    folder: Folder,
    name: String,
    worth_keeping: u128,
}

impl EvaluationCache {
    /// The place for the evaluation with this key. A home without a directory for caches gets none: leaving it would not be
    /// giving the home back as it was.
    pub(crate) fn new(environment: &Environment, key: &Key) -> Option<Self> {
        environment.cache_home.is_dir().then(|| EvaluationCache {
            folder: Folder::new(environment.cache_home.join("hm/evaluations")),
            name: key.name(),
            worth_keeping: environment.eval_cache_after.unwrap_or(WORTH_KEEPING),
        })
    }

    /// What came of the same evaluation when all that it looked at was as it is now.
    pub(crate) fn find(&self, machine: &Machine<'_>) -> Option<Outcome> {
        let body = self.folder.read(&self.name)?;
        let mut record = Record::read(&body)?;
        match record.again(machine) {
            Err(why) => {
                tracing::debug!("the evaluation is made anew: {why}");
                return None;
            }
            Ok(Again::Renewed) => {
                self.write(&record);
                tracing::debug!("the evaluation is taken from the cache, with new evidence");
            }
            Ok(_) => tracing::debug!("the evaluation is taken from the cache"),
        }
        Some(record.outcome)
    }

    /// Keeps an evaluation that has ended, in a result or with the report `error`.
    pub(crate) fn keep(
        &self,
        recording: Recording<'_, '_>,
        transcript: &Transcript,
        error: Option<&CommandError>,
    ) {
        if recording.milliseconds() < self.worth_keeping {
            return;
        }
        let recorded = match recording.finish() {
            Ok(recorded) => recorded,
            Err(why) => return tracing::debug!("the evaluation is not kept: {why}"),
        };
        if let Some(outcome) = transcript.finish(error) {
            self.write(&Record { recorded, outcome });
        }
    }

    fn write(&self, record: &Record) {
        let body = record.write();
        if body.len() > outcome::TOO_LARGE {
            return;
        }
        match self.folder.write(&self.name, &body) {
            Ok(()) => tracing::debug!("the evaluation is kept in {} bytes", body.len()),
            Err(error) => tracing::debug!("the evaluation cannot be kept: {error}"),
        }
    }
}
