//! What became of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::live::ActiveState;
use crate::name::UnitName;
use crate::plan::Action;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// By this signal, leaving a core dump.
    Dumped(i32),
}

/// The statuses with which systemd itself ends a process that it cannot set up (systemd.exec(5),
/// "Process Exit Codes").
const SETUP_STATUSES: &[(i32, &str)] = &[
    (200, "CHDIR"),
    (201, "NICE"),
    (202, "FDS"),
    (203, "EXEC"),
    (204, "MEMORY"),
    (205, "LIMITS"),
    (206, "OOM_ADJUST"),
    (207, "SIGNAL_MASK"),
    (208, "STDIN"),
    (209, "STDOUT"),
    (210, "CHROOT"),
    (211, "IOPRIO"),
    (212, "TIMERSLACK"),
    (213, "SECUREBITS"),
    (214, "SETSCHEDULER"),
    (215, "CPUAFFINITY"),
    (216, "GROUP"),
    (217, "USER"),
    (218, "CAPABILITIES"),
    (219, "CGROUP"),
    (220, "SETSID"),
    (221, "CONFIRM"),
    (222, "STDERR"),
    (224, "PAM"),
    (225, "NETWORK"),
    (226, "NAMESPACE"),
    (227, "NO_NEW_PRIVILEGES"),
    (228, "SECCOMP"),
    (229, "SELINUX_CONTEXT"),
    (230, "PERSONALITY"),
    (231, "APPARMOR_PROFILE"),
    (232, "ADDRESS_FAMILIES"),
    (233, "RUNTIME_DIRECTORY"),
    (235, "CHOWN"),
    (236, "SMACK_PROCESS_LABEL"),
    (237, "KEYRING"),
    (238, "STATE_DIRECTORY"),
    (239, "CACHE_DIRECTORY"),
    (240, "LOGS_DIRECTORY"),
    (241, "CONFIGURATION_DIRECTORY"),
    (242, "NUMA_POLICY"),
    (243, "CREDENTIALS"),
    (245, "BPF"),
];

/// Signals that have the same number on every architecture of Linux that systemd runs on, and are
/// likely to end a process.
const SIGNALS: &[(i32, &str)] = &[
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (5, "SIGTRAP"),
    (6, "SIGABRT"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (14, "SIGALRM"),
    (15, "SIGTERM"),
];

impl fmt::Display for ExitStatus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |table: &[(i32, &'static str)], number: i32| {
            table.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
        };
        let (number, dumped) = match *self {
            Self::Exited(status) => {
                write!(formatter, "exit status {status}")?;
                return match name(SETUP_STATUSES, status) {
                    Some(name) => write!(formatter, "/{name}"),
                    None => Ok(()),
                };
            }
            Self::Killed(number) => (number, ""),
            Self::Dumped(number) => (number, ", core dumped"),
        };
        match name(SIGNALS, number) {
            Some(name) => write!(formatter, "killed by {name}{dumped}"),
            None => write!(formatter, "killed by signal {number}{dumped}"),
        }
    }
}

impl Serialize for ExitStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What went wrong with a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The result of the unit, such as `exit-code`, `timeout`, `start-limit-hit`; or of the job, such
    /// as `dependency`, where the unit itself did not fail.
    pub result: String,
    /// How the main process ended, if it did.
    pub exit: Option<ExitStatus>,
    /// What the manager said when it refused the job.
    pub message: Option<String>,
    /// How often it was restarted by its own `Restart=` since.
    pub restarts: u32,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.result)?;
        if let Some(exit) = &self.exit {
            write!(formatter, ", {exit}")?;
        }
        if self.restarts > 0 {
            write!(formatter, ", restarted {} times", self.restarts)?;
        }
        match &self.message {
            Some(message) => write!(formatter, ": {message}"),
            None => Ok(()),
        }
    }
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was stopped, or did not run any more.
    Stopped,
    /// It was started.
    Started,
    /// It was stopped and started again.
    Restarted,
    /// It was reloaded.
    Reloaded,
    /// A oneshot that is running. Its end is not waited for.
    Running,
    /// It is ordered after a oneshot that is running, and starts when that has finished.
    Waiting,
    /// A oneshot that has already finished well.
    Finished,
    /// It was not started because a condition (`Condition…=`) does not hold.
    ConditionNotMet,
    /// It failed.
    Failed(Failure),
    /// Its job was not done when the time was up. The manager goes on with it.
    TimedOut {
        /// The state it was in then.
        active: ActiveState,
        /// The same in the words of its type.
        sub: String,
    },
}

impl Outcome {
    /// Whether it is as it was meant to be.
    pub fn is_ok(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::TimedOut { .. })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => formatter.write_str("stopped"),
            Self::Started => formatter.write_str("started"),
            Self::Restarted => formatter.write_str("restarted"),
            Self::Reloaded => formatter.write_str("reloaded"),
            Self::Running => formatter.write_str("running"),
            Self::Waiting => formatter.write_str("waiting for a oneshot to finish"),
            Self::Finished => formatter.write_str("finished"),
            Self::ConditionNotMet => formatter.write_str("not started, a condition does not hold"),
            Self::Failed(failure) => write!(formatter, "failed: {failure}"),
            Self::TimedOut { active, sub } => write!(formatter, "timed out, still {active} ({sub})"),
        }
    }
}

/// What became of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitReport {
    /// The unit.
    pub unit: UnitName,
    /// What was to be done.
    pub action: Action,
    /// What became of it.
    pub outcome: Outcome,
    /// Which run of it failed, to find its lines in the journal.
    pub invocation_id: Option<String>,
    /// The main process of that run, also if it has ended, for the same purpose.
    pub main_pid: Option<u32>,
}

/// What became of the manager's reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "why", rename_all = "kebab-case")]
pub enum ReloadOutcome {
    /// There was no need.
    NotNeeded,
    /// It has read the new files.
    Done,
    /// It refused. What was to be started was started all the same, by what it had read before.
    Failed(String),
    /// It did not say that it was done when the time was up.
    TimedOut,
}

/// What became of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The units for which something was to be done, in the order of the plan.
    pub units: Vec<UnitReport>,
    /// The manager's reload.
    pub reload: ReloadOutcome,
    /// Why variables that changed could not be seen to.
    pub environment: Option<String>,
    /// How long it all took.
    #[serde(rename = "elapsedMs", serialize_with = "milliseconds")]
    pub elapsed: Duration,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

impl Report {
    /// The units that are not as they were meant to be.
    pub fn failures(&self) -> impl Iterator<Item = &UnitReport> {
        self.units.iter().filter(|unit| !unit.outcome.is_ok())
    }

    /// Whether everything is as it was meant to be.
    pub fn is_ok(&self) -> bool {
        matches!(self.reload, ReloadOutcome::NotNeeded | ReloadOutcome::Done)
            && self.environment.is_none()
            && self.failures().next().is_none()
    }
}

/// What is happening, for a live view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// These units are being stopped.
    Stopping(&'a [UnitName]),
    /// The manager reads its files again.
    Reloading,
    /// These units are being started, restarted or reloaded.
    Starting(&'a [UnitName]),
    /// Nothing has ended for a moment: the units whose jobs wait, each with those whose jobs have to end before.
    Waiting(&'a BTreeMap<&'a UnitName, BTreeSet<&'a UnitName>>),
    /// The job of a unit is done, with the result that the manager gives.
    JobDone {
        /// The unit.
        unit: &'a UnitName,
        /// `done`, `failed`, `timeout`, `dependency` and so on.
        result: &'a str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn said_in_words() {
        let check = |outcome: Outcome, expected: &str| assert_eq!(outcome.to_string(), expected);
        let failed = |result: &str, exit| {
            Outcome::Failed(Failure { result: result.to_owned(), exit, ..Failure::default() })
        };
        check(failed("exit-code", Some(ExitStatus::Exited(1))), "failed: exit-code, exit status 1");
        check(failed("exit-code", Some(ExitStatus::Exited(203))), "failed: exit-code, exit status 203/EXEC");
        check(failed("signal", Some(ExitStatus::Killed(9))), "failed: signal, killed by SIGKILL");
        check(
            failed("core-dump", Some(ExitStatus::Dumped(40))),
            "failed: core-dump, killed by signal 40, core dumped",
        );
        check(failed("dependency", None), "failed: dependency");
        let refused = Failure {
            result: "refused".to_owned(),
            message: Some("Unit a.service not found.".to_owned()),
            ..Failure::default()
        };
        check(Outcome::Failed(refused), "failed: refused: Unit a.service not found.");
        let looping = Failure { result: "exit-code".to_owned(), restarts: 3, ..Failure::default() };
        check(Outcome::Failed(looping), "failed: exit-code, restarted 3 times");
        let stuck = Outcome::TimedOut { active: ActiveState::Activating, sub: "start".to_owned() };
        check(stuck, "timed out, still activating (start)");
    }
}
