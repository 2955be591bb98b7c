//! The way back where units failed: to the generation that was current before, or, where there was none, to the home as it
//! was before `hm`.
//!
//! It is a switch of its own, with a journal of its own, under the lock that is held already. So whatever ends it, the home
//! is at one of both generations or the next command brings it there. The generation that failed keeps its number.

use hm_generation::{Options, Session, SwitchReport, Target};
use systemd_user::UnitName;

use crate::error::{CommandError, Kind};
use crate::output::names;
use crate::plan_document::WentBackDocument;
use crate::timings::Timings;
use crate::transition::{Transition, file_clauses};
use crate::unit_report::UnitsReport;
use crate::units;
use crate::writing::Writing;

/// The switch whose units failed.
pub(crate) struct Failed<'a> {
    pub(crate) report: &'a SwitchReport,
    pub(crate) units: Vec<UnitName>,
    /// The units that it has stopped, for a moment or for good. They ran before, so they are to run again.
    pub(crate) ran: Vec<String>,
}

/// Where the home was before.
#[derive(Clone, Copy)]
enum Before {
    Generation(u64),
    /// It was not `hm`'s.
    Nothing,
    /// It was at the same generation, or at one that cannot be read.
    Unknown(&'static str),
}

/// What became of going back.
pub(crate) enum WentBack {
    /// It is at that generation again.
    To { report: SwitchReport, told: UnitsReport, failures: Vec<CommandError> },
    /// It was given back.
    GivenBack { report: SwitchReport, told: UnitsReport },
    /// It is where it was.
    Not(CommandError),
}

impl Failed<'_> {
    fn id(&self) -> u64 {
        self.report.new.as_ref().map_or(0, |side| side.id)
    }

    fn before(&self, writing: &Writing<'_>) -> Before {
        match &self.report.old {
            Some(old) if old.id == self.id() => Before::Unknown("it was current before as well"),
            Some(old) => Before::Generation(old.id),
            None if self.report.old_unreadable.is_some() => {
                Before::Unknown("the generation before it cannot be read")
            }
            None => match writing.home.profile.list() {
                Ok(all) if all.len() == 1 => Before::Nothing,
                _ => Before::Unknown("no generation was current before it"),
            },
        }
    }

    fn sentence(&self) -> String {
        let units = if self.units.is_empty() { String::new() } else { format!(" ({})", names(&self.units)) };
        format!("generation {} did not come up{units}", self.id())
    }
}

impl WentBack {
    /// Why the command fails, what failed on the way back included.
    fn failure(&mut self, failed: &Failed<'_>) -> CommandError {
        let (id, sentence) = (failed.id(), failed.sentence());
        let units = |message: String| CommandError { kind: Kind::Units, ..CommandError::user(message) };
        match self {
            WentBack::To { report, told, failures } => {
                let to = report.new.as_ref().map_or(0, |side| side.id);
                failures.extend(told.failure.take());
                let but = if failures.is_empty() { "" } else { ", but not all of it is as it was" };
                let last = units(format!("{sentence} and was left; generation {to} is current again{but}")).hint(
                    format!("`hm diff {to} {id}` shows how they differ, `hm switch --generation {id}` tries it again"),
                );
                failures.drain(..).chain([last]).reduce(CommandError::and).unwrap_or_else(|| units(sentence))
            }
            WentBack::GivenBack { told, .. } => {
                let last = units(format!(
                    "{sentence}; there was none before it, so the home was given back as it was"
                ))
                .hint("the configuration and the store are left; `hm switch` tries it again");
                told.failure
                    .take()
                    .into_iter()
                    .chain([last])
                    .reduce(CommandError::and)
                    .unwrap_or_else(|| units(sentence))
            }
            WentBack::Not(error) => {
                let error = std::mem::replace(error, CommandError::user(""));
                let first =
                    units(format!("{sentence} and is current all the same: the home could not go back"));
                first.and(error)
            }
        }
    }

    /// What programs are told of it, and why the command fails.
    pub(crate) fn into_document(mut self, failed: &Failed<'_>) -> (WentBackDocument, CommandError) {
        let failure = self.failure(failed);
        let (report, units) = match self {
            WentBack::To { report, told, .. } | WentBack::GivenBack { report, told } => {
                (Some(report), told.report)
            }
            WentBack::Not(_) => (None, None),
        };
        (WentBackDocument { report, units }, failure)
    }
}

impl Transition<'_> {
    /// Goes back and tells so; `result` is how the switch ended.
    ///
    /// # Errors
    /// Always: the switch failed.
    pub(crate) fn go_back(
        &self,
        writing: &Writing<'_>,
        session: Session<'_>,
        failed: &Failed<'_>,
        result: Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        self.output.note(format_args!("{}; going back", failed.sentence()));
        let mut back = self.try_to_go_back(writing, session, failed);
        let mut failures: Vec<CommandError> = result.err().into_iter().collect();
        match &mut back {
            WentBack::To { report, told, .. } => {
                let shown = UnitsReport {
                    clauses: std::mem::take(&mut told.clauses),
                    lines: std::mem::take(&mut told.lines),
                    ..UnitsReport::default()
                };
                failures.extend(self.tell("went back to", report, shown, Vec::new()).err());
            }
            WentBack::GivenBack { report, told } => {
                let clauses: Vec<String> =
                    file_clauses(report).into_iter().chain(told.clauses.drain(..)).collect();
                self.output.report(format_args!("gave the home back: {}", clauses.join("; ")))?;
                told.lines.drain(..).try_for_each(|line| self.output.report(line))?;
            }
            WentBack::Not(_) => {}
        }
        failures.push(back.failure(failed));
        failures.into_iter().reduce(CommandError::and).map_or(Ok(()), Err)
    }

    /// Goes back, if there is anything to go back to.
    pub(crate) fn try_to_go_back(
        &self,
        writing: &Writing<'_>,
        session: Session<'_>,
        failed: &Failed<'_>,
    ) -> WentBack {
        let back = match failed.before(writing) {
            Before::Generation(id) => self.to_generation(writing, &session, id, failed),
            Before::Nothing => self.give_back(writing, &session),
            Before::Unknown(why) => Err(CommandError::user(why)),
        };
        back.unwrap_or_else(WentBack::Not)
    }

    fn to_generation(
        &self,
        writing: &Writing<'_>,
        session: &Session<'_>,
        id: u64,
        failed: &Failed<'_>,
    ) -> Result<WentBack, CommandError> {
        let options = Options { backup: self.manner.backup.map(ToOwned::to_owned), ..Options::default() };
        let pending = session.prepare(Target::Id(id), &options)?;
        let (old, new) = (pending.preview().before(), Some(&pending.preview().new.1));
        let units = units::prepare_again(self.environment, self.output, old, new, &failed.ran)?;
        let applied = pending.stopping(units.stops()).apply(&mut |_| Ok(()))?;
        let (told, failures) = writing.follow_up(&applied, units, &mut Timings::start())?;
        let report = if told.broken_off { applied.report().clone() } else { applied.finish()? };
        Ok(WentBack::To { report, told, failures })
    }

    fn give_back(&self, writing: &Writing<'_>, session: &Session<'_>) -> Result<WentBack, CommandError> {
        let nothing = || CommandError::internal("nothing of hm's is in the home that a switch was made in");
        let leaving = session.prepare_leave()?.ok_or_else(nothing)?;
        let preview = leaving.preview();
        let old = preview.old.as_ref().map(|(_, old)| old);
        let units = units::prepare(self.environment, self.output, old, preview.back_to.as_ref())?;
        let left = leaving.apply(None)?;
        let (told, report) = writing.finish_leaving(left, units)?;
        Ok(WentBack::GivenBack { report, told })
    }
}
