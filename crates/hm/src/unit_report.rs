//! Telling what became of the units: clauses for the line that sums a switch up, lines below it, and what failed at length.

use std::fmt::Write as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use hm_generation::Generation;
use systemd_user::journal::{self, JournalError, Line};
use systemd_user::manager::{Outcome, ReloadOutcome, Report, UnitReport};
use systemd_user::{Action, UnitName};

use crate::environment::Environment;
use crate::error::{CommandError, Kind};
use crate::output::{self, names};
use crate::units;

/// How many lines of the journal are shown for a unit that failed.
pub(crate) const JOURNAL_LINES: usize = 10;

/// How long the words of a process that has ended may be on their way to the journal.
const JOURNAL_DELAY: Duration = Duration::from_millis(100);

/// What became of the units.
#[derive(Debug, Default)]
pub(crate) struct UnitsReport {
    /// Clauses for the line that sums the switch up, such as "started a.service".
    pub(crate) clauses: Vec<String>,
    /// Lines below it.
    pub(crate) lines: Vec<String>,
    /// The units that failed, told at length; or why not all were moved.
    pub(crate) failure: Option<CommandError>,
    /// The same for programs; none where no manager was asked to do anything, or it could not be done to the end.
    pub(crate) report: Option<Report>,
    /// Whether moving the units was broken off, so that the next command has to go on with it.
    pub(crate) broken_off: bool,
}

impl UnitsReport {
    /// The units that did not get where the plan wanted them. What was only waited for is not among them.
    pub(crate) fn failed(&self) -> Vec<&UnitName> {
        let failures = self.report.iter().flat_map(Report::failures);
        failures.filter(|unit| unit.action != Action::Keep).map(|unit| &unit.unit).collect()
    }

    /// Whether the new units are not up as they should be.
    pub(crate) fn is_failure(&self) -> bool {
        let unread =
            |report: &Report| matches!(report.reload, ReloadOutcome::Failed(_) | ReloadOutcome::TimedOut);
        !self.failed().is_empty() || self.report.as_ref().is_some_and(unread)
    }
}

/// Sorts what became of the units into clauses, lines and failures.
pub(crate) fn tell(
    report: &Report,
    environment: &Environment,
    new: &Generation,
    no_block: bool,
    told: &mut UnitsReport,
) {
    let clause = |word: &str, wanted: &dyn Fn(&Outcome) -> bool| {
        let units: Vec<&UnitName> =
            report.units.iter().filter(|unit| wanted(&unit.outcome)).map(|unit| &unit.unit).collect();
        (!units.is_empty()).then(|| format!("{word} {}", names(&units)))
    };
    told.clauses.extend(clause("stopped", &|outcome| *outcome == Outcome::Stopped));
    told.clauses.extend(clause("started", &|outcome| *outcome == Outcome::Started));
    told.clauses.extend(clause("restarted", &|outcome| *outcome == Outcome::Restarted));
    told.clauses.extend(clause("reloaded", &|outcome| *outcome == Outcome::Reloaded));
    told.clauses.extend(clause("ran", &|outcome| *outcome == Outcome::Finished));
    told.clauses.extend(clause("still running", &|outcome| *outcome == Outcome::Running));
    let behind = "queued behind a running oneshot:";
    told.clauses.extend(clause(behind, &|outcome| *outcome == Outcome::Waiting));
    let skipped = "skipped for an unmet condition";
    told.clauses.extend(clause(skipped, &|outcome| *outcome == Outcome::ConditionNotMet));
    let unfinished = |outcome: &Outcome| matches!(outcome, Outcome::TimedOut { .. });
    if no_block {
        told.clauses.extend(clause("queued", &unfinished));
    }
    told.clauses.extend(clause("failed", &|outcome| !(outcome.is_ok() || no_block && unfinished(outcome))));
    let failed: Vec<&UnitReport> =
        report.failures().filter(|unit| !(no_block && unfinished(&unit.outcome))).collect();
    let mut text = String::new();
    match &report.reload {
        ReloadOutcome::NotNeeded | ReloadOutcome::Done => {}
        ReloadOutcome::Failed(why) => {
            _ = writeln!(text, "error: the user manager refused to read the new units: {why}");
        }
        ReloadOutcome::TimedOut => {
            _ = writeln!(text, "error: the user manager did not read the new units in time")
        }
    }
    if let Some(why) = &report.environment {
        _ = writeln!(text, "error: the user manager did not take over the variables that changed: {why}");
    }
    let mut without_lines = false;
    for unit in failed {
        without_lines |= !tell_failure(unit, environment, new, &mut text);
    }
    // A process that wrote nothing has no lines either, but then there is a journal to look at.
    let no_journal = without_lines.then(|| journal::check_access().err()).flatten();
    if let Some(why) = &no_journal {
        _ = writeln!(text, "  no lines of the journal are shown: {why}");
    }
    if !text.is_empty() {
        let error = CommandError { kind: Kind::Units, ..CommandError::report(text) };
        told.failure = Some(match no_journal {
            Some(why) => error.hint(why.hint()),
            None => error,
        });
    }
}

/// Tells of a unit that failed. Whether the journal had lines of it.
fn tell_failure(report: &UnitReport, environment: &Environment, new: &Generation, text: &mut String) -> bool {
    let unit = &report.unit;
    _ = writeln!(text, "error: {unit} {}", report.outcome);
    if let Some(place) = units::defined(new, unit) {
        _ = writeln!(text, "  defined at {place}");
    }
    match last_words(report, environment.uid) {
        Ok(lines) if lines.is_empty() => return false,
        Ok(lines) => {
            _ = writeln!(text, "  its last {}:", output::count(lines.len(), "line"));
            for line in lines {
                _ = writeln!(text, "    {}: {}", line.source, line.text);
            }
        }
        Err(error) => {
            tracing::info!(%error, %unit, "no lines of the journal");
            return false;
        }
    }
    true
}

/// The last lines of a unit. What its process said may reach the journal after what the manager said about its end.
fn last_words(report: &UnitReport, uid: u32) -> Result<Vec<Line>, JournalError> {
    let read = || journal::tail_of(Command::new("journalctl"), report, uid, JOURNAL_LINES);
    let lines = read()?;
    if lines.iter().any(|line| line.source != "systemd") {
        return Ok(lines);
    }
    thread::sleep(JOURNAL_DELAY);
    read()
}
