//! What a job's end and a unit's state together say about a step.

use super::properties::Properties;
use super::report::{Failure, Outcome};
use crate::live::{ActiveState, LiveUnit};
use crate::plan::{Action, Step};

/// What became of a job.
pub(super) enum Job {
    /// Queued, by its object.
    Queued(String),
    /// Removed from the queue, with this result.
    Done(String),
    /// Never queued: the D-Bus name and text of the error.
    Refused(String, String),
    /// The manager did not even say that it is queued.
    Unanswered,
}

impl Job {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Queued(_) | Self::Unanswered)
    }
}

fn timed_out(live: Option<&LiveUnit>) -> Outcome {
    match live {
        Some(live) => Outcome::TimedOut { active: live.active.clone(), sub: live.sub.clone() },
        None => {
            Outcome::TimedOut { active: ActiveState::Other("unknown".to_owned()), sub: "unknown".to_owned() }
        }
    }
}

pub(super) fn stop_outcome(job: Option<Job>, live: Option<&LiveUnit>) -> Outcome {
    match job {
        // It is not loaded: there is nothing to stop.
        Some(Job::Refused(name, _)) if name.ends_with(".NoSuchUnit") => Outcome::Stopped,
        Some(Job::Refused(_, message)) => {
            let result = "refused".to_owned();
            Outcome::Failed(Failure { result, message: Some(message), ..Failure::default() })
        }
        Some(Job::Done(result)) if result == "done" => Outcome::Stopped,
        Some(Job::Done(result)) => Outcome::Failed(Failure { result, ..Failure::default() }),
        Some(Job::Queued(_) | Job::Unanswered) | None => timed_out(live),
    }
}

pub(super) fn start_outcome(
    step: &Step,
    job: Option<Job>,
    waiting: bool,
    live: Option<&LiveUnit>,
    details: Option<&Properties>,
) -> Outcome {
    let failed = |fallback: &str| {
        let result = details.and_then(|details| details.text("Result")).filter(|result| result != "success");
        Outcome::Failed(Failure {
            result: result.unwrap_or_else(|| fallback.to_owned()),
            exit: details.and_then(Properties::exit_status),
            message: None,
            restarts: restarts(details),
        })
    };
    match job {
        Some(Job::Refused(_, message)) => {
            let result = "refused".to_owned();
            Outcome::Failed(Failure { result, message: Some(message), ..Failure::default() })
        }
        Some(job) if job.is_open() => {
            if step.is_unawaited() && matches!(job, Job::Queued(_)) {
                Outcome::Running
            } else if waiting {
                Outcome::Waiting
            } else {
                timed_out(live)
            }
        }
        // The unit did not fail itself: what it needs did, or another job took the place of this one.
        Some(Job::Done(result)) if matches!(result.as_str(), "dependency" | "canceled" | "collected") => {
            Outcome::Failed(Failure { result, ..Failure::default() })
        }
        Some(Job::Done(result)) if result != "done" => failed(&result),
        None => timed_out(live),
        Some(_) => {
            let active = live.map_or(ActiveState::Inactive, |live| live.active.clone());
            let restarting = live.is_some_and(|live| live.sub.starts_with("auto-restart"));
            if active == ActiveState::Failed || restarting || restarts(details) > 0 {
                return failed("failed");
            }
            // A unit that was unloaded in the meantime has never checked anything.
            let checked = |details: &&Properties| details.time("ConditionTimestampMonotonic").is_some();
            let condition = details.filter(checked).is_some_and(|details| !details.flag("ConditionResult"));
            if active == ActiveState::Inactive && condition {
                return Outcome::ConditionNotMet;
            }
            match step.action {
                Action::Reload => Outcome::Reloaded,
                _ if step.is_oneshot => Outcome::Finished,
                Action::Restart | Action::StopStart => Outcome::Restarted,
                _ => Outcome::Started,
            }
        }
    }
}

fn restarts(details: Option<&Properties>) -> u32 {
    details.and_then(|details| details.u32("NRestarts")).unwrap_or(0)
}
