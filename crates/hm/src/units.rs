//! The plan for the units of the user manager from one generation to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hm_generation::manifest::Position;
use hm_generation::{Generation, History};
use systemd_user::unit_set::Fragment;
use systemd_user::{
    Action, BusEnv, EnvironmentFiles, LiveState, Manager, Step, SwitchPlan, UnitName, UnitSet,
};

use crate::cli::UnitArguments;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home::{self, environment_dir, unit_dir};
use crate::moving;
use crate::output::{Output, names};
use crate::session::{self, Mismatch};
use crate::unit_report::UnitsReport;

pub(crate) use crate::session::reads_this_home;

/// What to do about a manager that was asked and said nothing.
const NO_ANSWER: &str = "see `systemctl --user status` and `journalctl --user -b`";

/// What a switch does to the units, found out before the links change: what runs can then still be compared with
/// the files it was started from.
pub(crate) enum Units {
    /// Neither generation has any.
    None,
    /// No manager can be talked to.
    Unreachable {
        /// Why.
        why: String,
        /// What to do about it.
        hint: String,
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

/// The way of the units, for whoever carries a plan out.
#[derive(Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) output: &'a Output,
    /// The generation they come from.
    pub(crate) old: Option<&'a Generation>,
    /// The one they go to; without one, they go.
    pub(crate) new: Option<&'a Generation>,
    pub(crate) arguments: UnitArguments,
}

/// Where the user manager is looked for.
pub(crate) fn bus(environment: &Environment) -> BusEnv {
    BusEnv {
        runtime_dir: environment.runtime_dir.clone(),
        dbus_session_bus_address: environment.bus_address.clone(),
        uid: environment.uid,
        directly: false,
    }
}

/// The units of a generation, with the further names that they have in the home.
///
/// # Errors
/// When its folder of units cannot be read.
pub(crate) fn read_units(generation: &Generation, output: &Output) -> Result<UnitSet, CommandError> {
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

/// Where the configuration defines a unit, or the template that it is an instance of.
pub(crate) fn defined<'g>(generation: &'g Generation, unit: &UnitName) -> Option<&'g Position> {
    let units = &generation.manifest.units;
    let info = units.get(unit.as_str()).or_else(|| units.get(unit.template()?.as_str()));
    info?.defined.as_ref()
}

/// The manager that has the units of the generation.
///
/// # Errors
/// When there is none in reach, or it is that of another home.
pub(crate) fn connect(environment: &Environment, generation: &Generation) -> Result<Manager, CommandError> {
    let mut manager = Manager::connect(&bus(environment))
        .map_err(|error| CommandError::user(error.to_string()).hint(session::hint(&error, environment)))?;
    reads_this_home(&mut manager, environment, &generation.manifest.config_home)
        .map_err(|mismatch| CommandError::user(mismatch.to_string()).hint(mismatch.hint()))?;
    Ok(manager)
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
    plan(environment, output, old, new, Interrupted::No)
}

/// The same for a switch that was interrupted and is completed, or is taken back; it had to stop the units `stops`, which
/// are to run again.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn prepare_again(
    environment: &Environment,
    output: &Output,
    old: Option<&Generation>,
    new: Option<&Generation>,
    stops: &[String],
) -> Result<Units, CommandError> {
    plan(environment, output, old, new, Interrupted::Stopped(stops))
}

/// Whether a switch is completed that was interrupted.
enum Interrupted<'a> {
    /// It is a new one, which may be refused.
    No,
    /// It is, or it is taken back, and had to stop these units, for a moment or for good.
    Stopped(&'a [String]),
}

fn plan(
    environment: &Environment,
    output: &Output,
    old: Option<&Generation>,
    new: Option<&Generation>,
    interrupted: Interrupted<'_>,
) -> Result<Units, CommandError> {
    let (refuses, stopped) = match interrupted {
        Interrupted::No => (true, Default::default()),
        Interrupted::Stopped(stops) => (false, stops),
    };
    // What broke off may have done so because the bus has died.
    let bus = BusEnv { directly: !refuses, ..bus(environment) };
    let Some(manifest) = new.or(old).map(|generation| &generation.manifest) else { return Ok(Units::None) };
    let suggest = manifest.systemd.start_services == "suggest";
    let config_home = &manifest.config_home;
    let read = |generation: Option<&Generation>| match generation {
        Some(generation) => read_units(generation, output),
        None => Ok(UnitSet::default()),
    };
    let moved = last_moved(environment, old);
    let old = match &moved {
        Some(moved) => moved.as_ref(),
        None => old,
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
    let unreachable = |why: String, hint: String| match no_units {
        true => Units::None,
        false => Units::Unreachable { why, hint, starting: started_by_sessions(&new) },
    };
    let mut manager = match Manager::connect(&bus) {
        Ok(manager) => manager,
        Err(error) => return Ok(unreachable(error.to_string(), session::hint(&error, environment))),
    };
    if let Err(mismatch) = reads_this_home(&mut manager, environment, config_home) {
        return match mismatch {
            // Nobody would ever read these units, in no session.
            Mismatch::OtherFolder { .. } if refuses && !new.is_empty() => {
                Err(CommandError::user(format!("{mismatch}; nothing was switched")).hint(mismatch.hint()))
            }
            mismatch => Ok(unreachable(mismatch.to_string(), mismatch.hint())),
        };
    }
    match manager.live_state(&old, &new) {
        Ok(live) => {
            let interrupted = stopped.iter().filter_map(|name| UnitName::new(name.as_str()).ok()).collect();
            let live = LiveState { interrupted, ..live };
            let plan = SwitchPlan { environment: change, ..systemd_user::plan(&old, &new, &live) };
            let stops = plan.stopped_for_a_moment(&live);
            Ok(Units::Planned { manager: Box::new(manager), plan, stops, suggest })
        }
        Err(error) => Ok(unreachable(error.to_string(), NO_ANSWER.to_owned())),
    }
}

/// The generation whose units the manager has, where the last switch left it alone: what it has read, by the time when it
/// did. `Some(None)` if that was before any generation.
fn last_moved(environment: &Environment, current: Option<&Generation>) -> Option<Option<Generation>> {
    let current = current?;
    let home = home::describe(environment, None).ok()?;
    let history = History::read(&home);
    if !history.are_units_behind() {
        return None;
    }
    let mut manager = Manager::connect(&bus(environment)).ok()?;
    reads_this_home(&mut manager, environment, &current.manifest.config_home).ok()?;
    match history.at(manager.units_read_at().ok()??) {
        None => Some(None),
        Some(side) if side.path == current.path => None,
        Some(side) => Some(Some(Generation::read(&side.path).ok()?)),
    }
}

/// Whether the manager in reach has units of before the current generation, since the last switch left it alone.
pub(crate) fn are_behind(environment: &Environment, current: &Generation) -> bool {
    last_moved(environment, Some(current)).is_some()
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
    /// Whether the units of the manager stay as they are though the generation has others. Without units on either side there
    /// is nothing to be said of those of before.
    pub(crate) fn are_left_behind(&self) -> Option<bool> {
        match self {
            Units::None => None,
            Units::Unreachable { .. } => Some(true),
            Units::Planned { plan, suggest, .. } => Some(
                *suggest && (plan.reads_again() || plan.steps.iter().any(|step| step.action != Action::Keep)),
            ),
        }
    }

    /// The units that run and are stopped for a moment.
    pub(crate) fn stops(&self) -> Vec<String> {
        match self {
            Units::Planned { stops, suggest: false, .. } => stops.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// The units that run and are stopped, for a moment or for good.
    pub(crate) fn ran(&self) -> Vec<String> {
        let mut ran = self.stops();
        if let Units::Planned { plan, suggest: false, .. } = self {
            let gone = plan.steps.iter().filter(|step| step.action == Action::Stop);
            ran.extend(gone.map(|step| step.unit.to_string()));
        }
        ran
    }

    /// What would be done, one line each.
    pub(crate) fn describe(&self, verbose: bool) -> String {
        let mut text = String::new();
        match self {
            Units::None => {}
            Units::Unreachable { why, hint, starting } => {
                _ = writeln!(text, "{}\nhint: {hint}", unreachable_line(why, starting));
            }
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
    pub(crate) fn carry_out(self, way: Way<'_>) -> UnitsReport {
        let mut told = UnitsReport::default();
        match self {
            Units::None => {}
            Units::Unreachable { why, hint, starting } => {
                told.lines.push(unreachable_line(&why, &starting));
                told.lines.push(format!("hint: {hint}"));
            }
            Units::Planned { plan, suggest: true, .. } => told.lines.extend(suggestion(&plan)),
            Units::Planned { manager, plan, stops, suggest: false } => {
                moving::carry_out(way, *manager, &plan, &stops, &mut told);
                let spared = plan.steps.iter().filter(|step| step.reason.spares_this_switch());
                told.lines.extend(spared.map(|step| {
                    format!("{} is left as it was, to be restarted by hand: {}", step.unit, step.reason)
                }));
                if way.output.is_verbose() {
                    let kept = plan.steps.iter().filter(|step| step.action == Action::Keep);
                    told.lines.extend(kept.map(|step| format!("kept {} ({})", step.unit, step.reason)));
                }
            }
        }
        told
    }
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
