//! The way of a home to another generation, the same for a switch and a rollback.
//!
//! Everything that can be refused is looked at before anything is written, the lock included. Then, under the lock: what an
//! interrupted run left is dealt with, the objects are registered, the links are moved up to the commit, and then the units.

use std::fmt::Write as _;
use std::path::Path;

use hm_generation::diff::Closure;
use hm_generation::{
    Error, Generation, HomeEnv, Interrupted, Note, Options, Preview, Problem, RelPath, SwitchReport, Target,
    interrupted, preview,
};
use systemd_user::manager::Report;

use crate::activation::{Activation, Phase};
use crate::cli::{LockArguments, PlanArguments, UnitArguments};
use crate::diff::render::View;
use crate::diff::{Doing, Side, closures, compare};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::going_back::Failed;
use crate::listing::json;
use crate::output::{Output, count, names};
use crate::paint::harmless;
use crate::plan_document::{Document, PlanDocument, WentBackDocument};
use crate::timings::Timings;
use crate::unit_report::UnitsReport;
use crate::units::{self, Units};
use crate::writing::Writing;

/// What a transition needs to know.
pub(crate) struct Transition<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: &'a Output,
    pub(crate) home: &'a HomeEnv,
    pub(crate) manner: Manner<'a>,
}

/// How a transition goes about it, and the words for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner<'a> {
    /// What is said before the generation's number when it is done, such as "switched to".
    pub(crate) done: &'static str,
    /// The same before it is done, such as "switch to".
    pub(crate) verb: &'static str,
    /// The extension under which files in the way are kept.
    pub(crate) backup: Option<&'a str>,
    pub(crate) plan: PlanArguments,
    pub(crate) lock: LockArguments,
    pub(crate) units: UnitArguments,
    /// Whether to go back when units fail.
    pub(crate) rollback_on_failure: bool,
}

/// The store's part in a transition.
pub(crate) trait Keeper {
    /// Registers what was built.
    fn commit(&self) -> Result<(), nix_store::Error>;
    /// Makes the link, as long as it exists, keep the generation it points to.
    fn keep(&self, link: &Path) -> Result<(), nix_store::Error>;
    /// What the generation needs, if that is known.
    fn closure(&self, generation: &Generation) -> Option<Closure>;
    /// The directory of the store, if it is open.
    fn root(&self) -> Option<&Path>;
}

impl Transition<'_> {
    /// Moves the home to `target`.
    ///
    /// # Errors
    /// Everything that keeps it from being done, in which case nothing was changed; and units that failed.
    pub(crate) fn run(
        &self,
        target: Target<'_>,
        keeper: &dyn Keeper,
        timings: &mut Timings,
    ) -> Result<(), CommandError> {
        let options = Options { backup: self.manner.backup.map(ToOwned::to_owned), ..Options::default() };
        let left = interrupted(self.home)?;
        if left.is_none() || self.manner.plan.dry_run {
            let preview = timings
                .time("plan", || preview(self.home, target, &options))
                .map_err(|error| explain(error, target))?;
            if self.manner.plan.dry_run {
                if let Some(Interrupted { work, .. }) = &left {
                    self.output.note(format_args!(
                        "{work} has not come to its end: without --dry-run, that is completed or undone first, and \
                         then there may be other things to do"
                    ));
                }
                return self.tell_plan(&preview);
            }
            if preview.plan.is_empty() && preview.old.as_ref().is_some_and(|(id, _)| *id == preview.new.0) {
                return self.tell_unchanged(&preview);
            }
        }
        let writing = Writing {
            environment: self.environment,
            output: self.output,
            home: self.home,
            lock: self.manner.lock,
            units: self.manner.units,
            store: keeper.root(),
        };
        let (session, earlier) = writing.begin()?;
        let pending = timings
            .time("plan", || session.prepare(target, &options))
            .map_err(|error| explain(error, target))?;
        let (old, new) = (pending.preview().before(), &pending.preview().new.1);
        let units =
            timings.time("systemd", || units::prepare(self.environment, self.output, old, Some(new)))?;
        self.tell_taken_over(pending.preview());
        // The lock is held while the user thinks it over, so that what is agreed to is what is carried out.
        if self.manner.plan.ask {
            self.ask(pending.preview(), &units, keeper)?;
        }
        let ran = units.ran();
        let json = self.manner.plan.json;
        let document = json.then(|| PlanDocument::new(pending.preview(), &units)).transpose()?;
        let activation = Activation::new(new, old, self.output.is_verbose())?;
        activation.run(Phase::Check)?;
        timings.time("store", || keeper.commit())?;
        activation.run(Phase::Write)?;

        let mut register = |link: &Path| Ok(keeper.keep(link)?);
        let applied = timings.time("links", || pending.stopping(units.stops()).apply(&mut register))?;
        let (told, mut failures) = writing.follow_up(&applied, units, timings)?;
        // The next command goes on with what was broken off.
        let report = match told.broken_off {
            true => applied.report().clone(),
            false => timings.time("links", || applied.finish())?,
        };
        if let Some(failure) = earlier {
            // Moving on to another generation may well have repaired it.
            if report.old == report.new {
                failures.push(failure);
            } else {
                self.output.note(failure);
            }
        }
        let failed = Failed { report: &report, units: told.failed().into_iter().cloned().collect(), ran };
        let goes_back = self.manner.rollback_on_failure && told.is_failure();
        let Some(plan) = document else {
            let result = self.tell(self.manner.done, &report, told, failures);
            return if goes_back { self.go_back(&writing, session, &failed, result) } else { result };
        };
        failures.extend(told.failure);
        let went_back = goes_back.then(|| self.try_to_go_back(&writing, session, &failed));
        let (went_back, failures) = match went_back {
            None => (None, failures),
            Some(back) => {
                let (document, failure) = back.into_document(&failed);
                failures.push(failure);
                (Some(document), failures)
            }
        };
        self.print(plan, report, told.report, went_back, failures)
    }

    /// Shows what differs and what will be done, and asks whether it is to be done.
    fn ask(&self, preview: &Preview, units: &Units, keeper: &dyn Keeper) -> Result<(), CommandError> {
        let old = match (&preview.old, &preview.taken_over) {
            (Some((id, generation)), _) => {
                let closure = closures::registered(generation);
                Side::of(format!("generation {id}"), Some(*id), generation, closure)
            }
            (None, Some(generation)) => Side::home_manager(generation),
            (None, None) => Side::nothing(),
        };
        let (id, generation) = &preview.new;
        let closure = keeper.closure(generation);
        let new = Side::of(format!("generation {id}"), Some(*id), generation, closure);
        let differences = compare(&old, &new, &Doing::Planned(units))?;
        self.output.result(differences.render(View::of(self.output)))?;
        self.output.result(format_args!("\n{}", self.plan_text(preview, units)?))?;
        let question = format!("{} generation {id}?", self.manner.verb);
        if self.manner.plan.yes || self.output.confirm(&question)? {
            return Ok(());
        }
        Err(CommandError::user("nothing was changed"))
    }

    /// Says what the first switch takes over.
    fn tell_taken_over(&self, preview: &Preview) {
        let Some(generation) = &preview.taken_over else { return };
        let files = count(generation.files.entries().len(), "file");
        let units = count(generation.manifest.units.len(), "unit");
        self.output.note(format_args!(
            "taking over from home-manager: {files} and {units} of {}",
            generation.path.display()
        ));
        self.output.note(
            "`hm uninstall` gives them back; packages that home-manager put into the Nix profile stay there",
        );
    }

    fn tell_plan(&self, preview: &Preview) -> Result<(), CommandError> {
        let old = preview.old.as_ref();
        if preview.plan.is_empty() && old.is_some_and(|(id, _)| *id == preview.new.0) {
            return self.tell_unchanged(preview);
        }
        self.tell_taken_over(preview);
        let new = Some(&preview.new.1);
        let units = units::prepare(self.environment, self.output, preview.before(), new)?;
        if self.manner.plan.json {
            return self.print_plan(preview, &units, true);
        }
        self.output.result(self.plan_text(preview, &units)?)
    }

    /// What is to be done, one line each.
    fn plan_text(&self, preview: &Preview, units: &Units) -> Result<String, CommandError> {
        let mut text = format!("would {} generation {}:\n", self.manner.verb, preview.new.0);
        _ = write!(text, "{}", preview.plan);
        let (new, before) = (&preview.new.1, preview.before());
        for name in Activation::new(new, before, false)?.all_names() {
            _ = writeln!(text, "activate    {name}");
        }
        for (target, _) in new.changed_hooks(before)? {
            _ = writeln!(text, "on change   {target}");
        }
        _ = write!(text, "{}", units.describe(self.output.is_verbose()));
        Ok(text.lines().map(harmless).collect::<Vec<_>>().join("\n"))
    }

    /// The same as JSON, when nothing is done.
    fn print_plan(&self, preview: &Preview, units: &Units, dry_run: bool) -> Result<(), CommandError> {
        let plan = PlanDocument::new(preview, units)?;
        let document =
            Document { dry_run, plan, report: None, units: None, went_back: None, failures: Vec::new() };
        self.output.result(json(&document)?)
    }

    /// Tells what was done as JSON.
    fn print(
        &self,
        plan: PlanDocument,
        report: SwitchReport,
        units: Option<Report>,
        went_back: Option<WentBackDocument>,
        failures: Vec<CommandError>,
    ) -> Result<(), CommandError> {
        let document = Document {
            dry_run: false,
            plan,
            report: Some(report),
            units,
            went_back,
            failures: failures.iter().map(|failure| failure.message.trim_end().to_owned()).collect(),
        };
        self.output.result(json(&document)?)?;
        failures.into_iter().reduce(CommandError::and).map_or(Ok(()), Err)
    }

    /// Warns of what is not as the configuration has it.
    fn warn_of(&self, left_alone: &[RelPath], edited: &[RelPath], notes: &[Note]) {
        for path in left_alone {
            self.output.warning(format_args!("{path} is no longer as hm made it and was left alone"));
        }
        for path in edited {
            self.output.warning(format_args!("{path} was edited since it was copied, and was kept as it is"));
        }
        for note in notes {
            self.output.warning(format_args!("{} was not given its lines: {}", note.path, note.why));
        }
    }

    fn tell_unchanged(&self, preview: &Preview) -> Result<(), CommandError> {
        let (id, generation) = &preview.new;
        let links = count(preview.plan.unchanged, "link");
        let units = count(generation.manifest.units.len(), "unit");
        self.warn_of(&preview.plan.left_alone, &preview.plan.edited, &preview.plan.notes);
        if self.manner.plan.json {
            return self.print_plan(preview, &Units::None, self.manner.plan.dry_run);
        }
        self.output
            .report(format_args!("nothing to do: generation {id} is current, with {links} and {units}"))
    }

    /// Tells what was done, with `done` before the generation's number.
    ///
    /// # Errors
    /// What failed.
    pub(crate) fn tell(
        &self,
        done: &str,
        report: &SwitchReport,
        told: UnitsReport,
        mut failures: Vec<CommandError>,
    ) -> Result<(), CommandError> {
        let id = report.new.as_ref().map_or(0, |side| side.id);
        let clauses: Vec<String> = file_clauses(report).into_iter().chain(told.clauses).collect();
        let summary =
            if clauses.is_empty() { "no link or unit changed".to_owned() } else { clauses.join("; ") };
        self.output.report(format_args!("{done} generation {id}: {summary}"))?;
        if self.output.is_verbose() {
            for (word, paths) in [
                ("created", &report.created),
                ("replaced", &report.replaced),
                ("copied", &report.copied),
                ("adopted", &report.adopted),
                ("forced", &report.forced),
                ("removed", &report.removed),
                ("put back", &report.restored),
                ("changed the lines in", &report.lines),
            ] {
                for path in paths {
                    self.output.report(format_args!("{word} {path}"))?;
                }
            }
        }
        for line in told.lines {
            self.output.report(line)?;
        }
        for kept in &report.backed_up {
            self.output.report(format_args!("kept {} as {}", kept.path, kept.backup))?;
        }
        for kept in &report.kept {
            self.output.warning(format_args!(
                "{} turned up while the switch ran and was kept as {}",
                kept.path, kept.backup
            ));
        }
        self.warn_of(&report.left_alone, &report.edited, &report.notes);
        if let Some(why) = &report.old_unreadable {
            self.output.warning(format_args!("the previous generation's links were not removed: {why}"));
        }
        failures.extend(told.failure);
        match failures.into_iter().reduce(CommandError::and) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

/// What happened to the files, in as many clauses as there are kinds of them.
pub(crate) fn file_clauses(report: &SwitchReport) -> Vec<String> {
    let numbers = [
        ("created", report.created.len()),
        ("replaced", report.replaced.len()),
        ("adopted", report.adopted.len()),
        ("forced", report.forced.len()),
        ("removed", report.removed.len()),
    ];
    let mut text = String::new();
    for (word, number) in numbers.into_iter().filter(|(_, number)| *number > 0) {
        if text.is_empty() {
            _ = write!(text, "{} {word}", count(number, "link"));
        } else {
            _ = write!(text, ", {number} {word}");
        }
    }
    let mut clauses = if text.is_empty() { Vec::new() } else { vec![text] };
    for (paths, word) in [(&report.copied, "copied"), (&report.restored, "put back")] {
        if !paths.is_empty() {
            clauses.push(format!("{} {word}", count(paths.len(), "file")));
        }
    }
    if !report.lines.is_empty() {
        clauses.push(format!("changed the lines in {}", names(&report.lines)));
    }
    clauses
}

/// Adds to targets that cannot be written where the configuration defines them.
fn explain(error: Error, target: Target<'_>) -> CommandError {
    let (Error::Problems(problems), Target::Path(path)) = (&error, target) else { return error.into() };
    let Ok(generation) = Generation::read(path) else { return error.into() };
    let declared: Vec<String> = problems
        .iter()
        .filter_map(|problem| {
            let target = target_of(problem);
            let place = generation.manifest.declared(target)?.defined.as_ref()?;
            Some(format!("{target} is defined at {place}"))
        })
        .collect();
    let mut message = error.to_string();
    for line in declared {
        _ = write!(message, "\n  {line}");
    }
    CommandError::user(message)
}

fn target_of(problem: &Problem) -> &str {
    match problem {
        Problem::ForeignFile { path, .. }
        | Problem::EditedCopy { path, .. }
        | Problem::ForeignLink { path, .. }
        | Problem::SpecialFile { path, .. }
        | Problem::DirectoryInTheWay { path, .. }
        | Problem::OtherOwner { path, .. }
        | Problem::ParentIsFile { path, .. }
        | Problem::ParentInStore { path, .. }
        | Problem::ParentOutsideHome { path, .. }
        | Problem::ParentDangling { path, .. }
        | Problem::ParentNotWritable { path, .. }
        | Problem::NameTooLong { path }
        | Problem::SamePlace { path, .. } => path.as_str(),
        Problem::OutsideHome { target, .. } => target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn what_happened_to_links() {
        let paths = |number: usize| -> Vec<hm_generation::RelPath> {
            (0..number).map(|index| hm_generation::RelPath::new(&index.to_string()).unwrap()).collect()
        };
        let check = |created, replaced, removed, expected: Option<&str>| {
            let report = SwitchReport {
                created: paths(created),
                replaced: paths(replaced),
                removed: paths(removed),
                ..SwitchReport::default()
            };
            assert_eq!(file_clauses(&report).first().map(String::as_str), expected);
        };
        check(0, 0, 0, None);
        check(1, 0, 0, Some("1 link created"));
        check(2, 1, 0, Some("2 links created, 1 replaced"));
        check(0, 1, 3, Some("1 link replaced, 3 removed"));
    }

    #[test]
    fn two_failures_are_both_told() {
        let units = CommandError { kind: Kind::Units, ..CommandError::user("one") };
        let both = units.and(CommandError::user("two").hint("try"));
        assert_eq!(both.exit_status(), 3);
        assert_eq!(both.to_string(), "error: one\nerror: two\nhint: try");
    }
}
