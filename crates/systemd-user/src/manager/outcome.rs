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
    /// Not in the queue any more, with a result that nobody has heard.
    Gone,
    /// Never queued: the D-Bus name and text of the error.
    Refused(String, String),
    /// The manager did not even say that it is queued.
    Unanswered,
}

impl Job {
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Queued(_) | Self::Unanswered)
    }

    /// Its object, as long as it is queued.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Queued(path) => Some(path),
            _ => None,
        }
    }
}

/// What there is to know of a job that has not ended.
#[derive(Clone, Copy)]
pub(super) struct Unfinished {
    /// Whether it waits for nothing but oneshots that are not waited for.
    pub(super) held: bool,
    /// Whether oneshots are waited for.
    pub(super) awaited: bool,
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
        Some(Job::Gone)
            if live.is_none_or(|live| matches!(live.active, ActiveState::Inactive | ActiveState::Failed)) =>
        {
            Outcome::Stopped
        }
        Some(Job::Queued(_) | Job::Unanswered | Job::Gone) | None => timed_out(live),
    }
}

pub(super) fn start_outcome(
    step: &Step,
    job: Option<Job>,
    unfinished: Unfinished,
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
            if unfinished.held {
                Outcome::Waiting
            } else if step.is_unawaited() && !unfinished.awaited && matches!(job, Job::Queued(_)) {
                Outcome::Running
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
        Some(job) => {
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
            if matches!(job, Job::Gone) && !step.is_oneshot && !live.is_some_and(LiveUnit::is_up) {
                let message = Some("its job ended unseen, and it does not run".to_owned());
                return Outcome::Failed(Failure {
                    result: "unknown".to_owned(),
                    message,
                    ..Failure::default()
                });
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
