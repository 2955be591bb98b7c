//! Moving the units of the user manager from one generation to the next, and telling what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hm_generation::Generation;
use systemd_user::manager::{ExecuteOptions, Outcome, Progress, ReloadOutcome, Report, UnitReport};
use systemd_user::unit_set::Fragment;
use systemd_user::{
    Action, BusEnv, EnvironmentFiles, LiveState, Manager, Step, SwitchPlan, UnitName, UnitSet,
};

use crate::cli::UnitArguments;
use crate::environment::Environment;
use crate::error::{CommandError, Kind};
use crate::home::{environment_dir, unit_dir};
use crate::output::{self, Output, names};

/// How many lines of the journal are shown for a unit that failed.
const JOURNAL_LINES: usize = 10;

/// What a switch does to the units, found out before the links change: what runs can then still be compared with
/// the files it was started from.
pub(crate) enum Units {
    /// Neither generation has any.
    None,
    /// No manager can be talked to.
    Unreachable {
        /// Why, and what to do about it.
        why: String,
        /// The units that sessions to come will start.
        starting: Vec<UnitName>,
    },
    /// The manager does it, or the user is told what to do (`systemd.user.startServices = "suggest"`).
    Planned {
        /// The manager.
        manager: Box<Manager>,
        /// What is to be done.
        plan: SwitchPlan,
        /// The units that run and are stopped for a moment.
        stops: Vec<UnitName>,
        /// Whether the configuration wants it only suggested.
        suggest: bool,
    },
}

/// What became of the units.
#[derive(Debug, Default)]
pub(crate) struct UnitsReport {
    /// Clauses for the line that sums the switch up, such as "started a.service".
    pub(crate) clauses: Vec<String>,
    /// Lines below it.
    pub(crate) lines: Vec<String>,
    /// The units that failed, told at length.
    pub(crate) failure: Option<CommandError>,
    /// The same for programs; none where no manager was asked to do anything.
    pub(crate) report: Option<Report>,
}

/// Where the user manager is looked for.
pub(crate) fn bus(environment: &Environment) -> BusEnv {
    BusEnv {
        runtime_dir: environment.runtime_dir.clone(),
        dbus_session_bus_address: environment.bus_address.clone(),
        uid: environment.uid,
    }
}

fn read_units(generation: &Generation, output: &Output) -> Result<UnitSet, CommandError> {
    let dir = unit_dir(generation);
    let mut set = UnitSet::read_dir(&dir).map_err(|error| CommandError::user(error.to_string()))?;
    // Their links lead into the home, where they may not have been made yet.
    let aliases: BTreeMap<PathBuf, &String> = (generation.manifest.aliases.iter())
        .filter_map(|(path, name)| Some((dir.join(Path::new(path).file_name()?), name)))
        .collect();
    for problem in set.problems().iter().filter(|problem| !aliases.contains_key(&problem.path)) {
        output.warning(problem);
    }
    for (path, name) in &aliases {
        let alias =
            path.file_name().and_then(|alias| alias.to_str()).and_then(|alias| UnitName::new(alias).ok());
        if let (Some(alias), Ok(name)) = (alias, UnitName::new(name.as_str())) {
            set.insert(alias, Fragment::Alias(name));
        }
    }
    Ok(set)
}

/// Plans the way from the units of `old` to those of `new`, without one of which there are none.
///
/// # Errors
/// When the units of a generation cannot be read. A manager that cannot be reached is no error.
pub(crate) fn prepare(
    environment: &Environment,
    output: &Output,
    old: Option<&Generation>,
    new: Option<&Generation>,
) -> Result<Units, CommandError> {
    plan(environment, output, old, new, &[])
}

/// The same for a switch that was interrupted and is completed; it had to stop the units `stops` for a moment.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn prepare_again(
    environment: &Environment,
    output: &Output,
    old: Option<&Generation>,
    new: &Generation,
    stops: &[String],
) -> Result<Units, CommandError> {
    plan(environment, output, old, Some(new), stops)
}

fn plan(
    environment: &Environment,
    output: &Output,
    old: Option<&Generation>,
    new: Option<&Generation>,
    interrupted: &[String],
) -> Result<Units, CommandError> {
    let Some(manifest) = new.or(old).map(|generation| &generation.manifest) else { return Ok(Units::None) };
    let suggest = manifest.systemd.start_services == "suggest";
    let config_home = &manifest.config_home;
    let read = |generation: Option<&Generation>| match generation {
        Some(generation) => read_units(generation, output),
        None => Ok(UnitSet::default()),
    };
    let variables = |generation: Option<&Generation>| {
        generation.map(|known| EnvironmentFiles::read_dir(&environment_dir(known))).unwrap_or_default()
    };
    let change = variables(old).change_to(&variables(new), &environment.home.to_string_lossy());
    let (old, new) = (read(old)?, read(new)?);
    let no_units = old.is_empty() && new.is_empty();
    if no_units && change.is_empty() {
        return Ok(Units::None);
    }
    // A manager that is started later reads the variables by itself, so there is nothing to say of them.
    let unreachable = |why: String| match no_units {
        true => Units::None,
        false => Units::Unreachable { why, starting: started_by_sessions(&new) },
    };
    let mut manager = match Manager::connect(&bus(environment)) {
        Ok(manager) => manager,
        Err(error) => {
            output.note_verbose(format_args!("{error}; {}", error.hint()));
            return Ok(unreachable(error.to_string()));
        }
    };
    if let Err(why) = reads_this_home(&mut manager, environment, config_home) {
        return Ok(unreachable(why));
    }
    match manager.live_state(&old, &new) {
        Ok(live) => {
            let interrupted =
                interrupted.iter().filter_map(|name| UnitName::new(name.as_str()).ok()).collect();
            let live = LiveState { interrupted, ..live };
            let plan = SwitchPlan { environment: change, ..systemd_user::plan(&old, &new, &live) };
            let stops = plan.stopped_for_a_moment(&live);
            Ok(Units::Planned { manager: Box::new(manager), plan, stops, suggest })
        }
        Err(error) => Ok(unreachable(error.to_string())),
    }
}

/// Checks that the manager reads the units of this home, and not of another one: HOME may be set to any directory, while
/// the manager is that of the login.
///
/// # Errors
/// When it does not, or does not answer.
pub(crate) fn reads_this_home(
    manager: &mut Manager,
    environment: &Environment,
    config_home: &str,
) -> Result<(), String> {
    let dir = environment.home.join(config_home).join("systemd/user");
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let read = manager.unit_path().map_err(|error| error.to_string())?;
    if read.iter().map(Path::new).any(|path| path == dir || real(path) == real(&dir)) {
        return Ok(());
    }
    Err(format!(
        "the user manager in reach is that of another home: it reads no units from {}",
        dir.display()
    ))
}

/// The units that every session of the user starts: what `default.target` pulls in, directly or by way of
/// others. It pulls in the targets of timers, sockets and paths by way of `basic.target` (systemd.special(7)).
fn started_by_sessions(units: &UnitSet) -> Vec<UnitName> {
    let edges = units.edges();
    let mut pulled: BTreeMap<&UnitName, Vec<&UnitName>> = BTreeMap::new();
    for edge in &edges {
        pulled.entry(&edge.from).or_default().push(&edge.to);
    }
    let mut open: Vec<UnitName> =
        ["default.target", "basic.target", "timers.target", "sockets.target", "paths.target"]
            .iter()
            .filter_map(|name| UnitName::new(*name).ok())
            .collect();
    let mut reached: BTreeSet<UnitName> = open.iter().cloned().collect();
    let mut starting = BTreeSet::new();
    while let Some(from) = open.pop() {
        for &to in pulled.get(&from).into_iter().flatten() {
            if units.has_file(to) && !units.is_masked(to) {
                starting.insert(to.clone());
            }
            if reached.insert(to.clone()) {
                open.push(to.clone());
            }
        }
    }
    starting.into_iter().collect()
}

impl Units {
    /// The units that run and are stopped for a moment.
    pub(crate) fn stops(&self) -> Vec<String> {
        match self {
            Units::Planned { stops, suggest: false, .. } => stops.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// What would be done, one line each.
    pub(crate) fn describe(&self, verbose: bool) -> String {
        let mut text = String::new();
        match self {
            Units::None => {}
            Units::Unreachable { why, starting } => _ = writeln!(text, "{}", unreachable_line(why, starting)),
            Units::Planned { plan, .. } => {
                if plan.reads_again() {
                    _ = writeln!(text, "reload      the user manager");
                }
                for name in plan.environment.names() {
                    _ = writeln!(text, "variable    {name} (of the user manager)");
                }
                let told =
                    |step: &&Step| verbose || step.action != Action::Keep || step.reason.spares_this_switch();
                for step in plan.steps.iter().filter(told) {
                    let action = match step.action {
                        Action::StopStart => Action::Restart,
                        action => action,
                    };
                    _ = write!(text, "{:<11} {} ({})", action.to_string(), step.unit, step.reason);
                    _ = writeln!(
                        text,
                        "{}",
                        step.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default()
                    );
                }
            }
        }
        text
    }

    /// Does it. What fails is part of what is returned.
    pub(crate) fn carry_out(
        self,
        environment: &Environment,
        output: &Output,
        new: &Generation,
        arguments: &UnitArguments,
    ) -> UnitsReport {
        let mut told = UnitsReport::default();
        match self {
            Units::None => {}
            Units::Unreachable { why, starting } => told.lines.push(unreachable_line(&why, &starting)),
            Units::Planned { plan, suggest: true, .. } => told.lines.extend(suggestion(&plan)),
            Units::Planned { mut manager, plan, suggest: false, .. } => {
                let options = execute_options(new, arguments);
                let progress = output.progress("moving units");
                let mut live = |event: Progress<'_>| match event {
                    Progress::Stopping(units) => progress.say(format!("stopping {}", names(units))),
                    Progress::Reloading => progress.say("reloading the user manager".to_owned()),
                    Progress::Starting(units) => progress.say(format!("starting {}", names(units))),
                    Progress::JobDone { unit, result } => progress.say(format!("{unit}: {result}")),
                };
                let result = manager.execute(&plan, options, &mut live);
                drop(progress);
                match result {
                    Ok(report) => {
                        tell(&report, environment, new, arguments.no_block, &mut told);
                        told.report = Some(report);
                    }
                    Err(error) => {
                        told.failure = Some(
                            CommandError { kind: Kind::Units, ..CommandError::user(error.to_string()) }
                                .hint("the files are in place; `hm status` shows how the units are"),
                        );
                    }
                }
                let spared = plan.steps.iter().filter(|step| step.reason.spares_this_switch());
                told.lines.extend(spared.map(|step| {
                    format!("{} is left as it was, to be restarted by hand: {}", step.unit, step.reason)
                }));
                if output.is_verbose() {
                    let kept = plan.steps.iter().filter(|step| step.action == Action::Keep);
                    told.lines.extend(kept.map(|step| format!("kept {} ({})", step.unit, step.reason)));
                }
            }
        }
        told
    }
}

fn execute_options(new: &Generation, arguments: &UnitArguments) -> ExecuteOptions {
    let defaults = ExecuteOptions::default();
    if arguments.no_block {
        return ExecuteOptions { deadline: Duration::ZERO, settle: Duration::ZERO };
    }
    let configured = match new.manifest.systemd.services_start_timeout_ms {
        0 => defaults.deadline,
        milliseconds => Duration::from_millis(milliseconds),
    };
    ExecuteOptions { deadline: arguments.timeout.unwrap_or(configured), ..defaults }
}

fn unreachable_line(why: &str, starting: &[UnitName]) -> String {
    if starting.is_empty() {
        format!("{why}; no unit was started or stopped")
    } else {
        let verb = if starting.len() == 1 { "starts" } else { "start" };
        format!("{why}; {} {verb} with the next session", names(starting))
    }
}

/// The commands that do by hand what the configuration does not want done.
fn suggestion(plan: &SwitchPlan) -> Vec<String> {
    let units = |wanted: &[Action]| -> String {
        let steps = plan.steps.iter().filter(|step| wanted.contains(&step.action));
        steps.map(|step| format!(" {}", step.unit)).collect()
    };
    let mut commands = vec![
        ("stop", units(&[Action::Stop, Action::StopStart])),
        ("start", units(&[Action::Start, Action::StopStart])),
        ("restart", units(&[Action::Restart])),
        ("reload", units(&[Action::Reload])),
    ];
    commands.retain(|(_, units)| !units.is_empty());
    let stops = usize::from(commands.first().is_some_and(|(command, _)| *command == "stop"));
    if plan.reads_again() {
        commands.insert(stops, ("daemon-reload", String::new()));
    }
    if commands.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["units are left as they are (systemd.user.startServices); to move them:".to_owned()];
    lines.extend(commands.into_iter().map(|(command, units)| format!("  systemctl --user {command}{units}")));
    lines
}

/// Sorts what became of the units into clauses, lines and failures.
fn tell(
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
    for unit in failed {
        tell_failure(unit, environment, new, &mut text);
    }
    if !text.is_empty() {
        told.failure = Some(CommandError { kind: Kind::Units, ..CommandError::report(text) });
    }
}

fn tell_failure(report: &UnitReport, environment: &Environment, new: &Generation, text: &mut String) {
    let unit = &report.unit;
    _ = writeln!(text, "error: {unit} {}", report.outcome);
    let units = &new.manifest.units;
    let info = units.get(unit.as_str()).or_else(|| units.get(unit.template()?.as_str()));
    if let Some(place) = info.and_then(|info| info.defined.as_ref()) {
        _ = writeln!(text, "  defined at {place}");
    }
    let journalctl = Command::new("journalctl");
    let id = report.invocation_id.as_deref();
    match systemd_user::journal::tail(journalctl, unit, environment.uid, id, JOURNAL_LINES) {
        Ok(lines) if lines.is_empty() => {}
        Ok(lines) => {
            _ = writeln!(text, "  its last {}:", output::count(lines.len(), "line"));
            for line in lines {
                _ = writeln!(text, "    {}: {}", line.source, line.text);
            }
        }
        Err(error) => tracing::info!(%error, %unit, "no lines of the journal"),
    }
}

#[cfg(test)]
mod tests {
    use systemd_user::plan::Reason;
    use systemd_user::unit_set::{Dependency, Edge};
    use systemd_user::{Step, Unit};

    use super::*;

    fn name(text: &str) -> UnitName {
        UnitName::new(text).unwrap()
    }

    #[test]
    fn what_sessions_start() {
        let mut set = UnitSet::default();
        for unit in ["a.service", "b.service", "c.timer", "d.service", "alone.service"] {
            set.insert(name(unit), Fragment::File(Unit::default()));
        }
        set.insert(name("masked.service"), Fragment::Masked);
        for (from, to) in [
            ("default.target", "a.service"),
            ("default.target", "masked.service"),
            ("default.target", "elsewhere.service"),
            ("a.service", "b.service"),
            ("b.service", "a.service"),
            ("timers.target", "c.timer"),
            ("graphical-session.target", "d.service"),
        ] {
            set.insert_edge(Edge { from: name(from), to: name(to), dependency: Dependency::Wants });
        }
        assert_eq!(started_by_sessions(&set), ["a.service", "b.service", "c.timer"].map(name));
    }

    #[test]
    fn what_is_suggested() {
        let step = |unit: &str, action| Step {
            unit: name(unit),
            action,
            reason: Reason::Removed,
            note: None,
            is_oneshot: false,
            is_simple: true,
            alone: false,
        };
        let steps = vec![
            step("a.service", Action::Stop),
            step("b.service", Action::StopStart),
            step("c.service", Action::Keep),
            step("d.timer", Action::Restart),
        ];
        let plan = SwitchPlan { steps, reload_needed: true, ..SwitchPlan::default() };
        insta::assert_snapshot!(suggestion(&plan).join("\n"), @r"
        units are left as they are (systemd.user.startServices); to move them:
          systemctl --user stop a.service b.service
          systemctl --user daemon-reload
          systemctl --user start b.service
          systemctl --user restart d.timer
        ");
        assert!(suggestion(&SwitchPlan::default()).is_empty());
    }
}
