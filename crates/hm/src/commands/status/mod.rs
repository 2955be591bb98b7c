//! `hm status`: the units of the current generation, and how they are.

mod show;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use clap::Args;
use clap_complete::ArgValueCompleter;
use hm_generation::{HomeEnv, Interrupted, Unfinished, interrupted};
use serde::Serialize;
use systemd_user::UnitName;
use systemd_user::journal::{self, Line};
use systemd_user::manager::UnitStatus;

use crate::completion;
use crate::drift::{self, Drift};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::listing::json;
use crate::managed::{self, Managed};
use crate::outdated::{self, Outdated};
use crate::output::Output;
use crate::unit_report::JOURNAL_LINES;
use crate::units;

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// Show these units at length, with the last lines that they wrote. Services where no type is named.
    #[arg(value_name = "UNIT", add = ArgValueCompleter::new(completion::startable_units))]
    units: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// The current generation's number and store path; none before the first switch.
    generation: Option<u64>,
    path: Option<String>,
    /// The number of the generation that an interrupted switch was to reach.
    interrupted: Option<u64>,
    /// What kind of work was interrupted or is under way, in words.
    unfinished: Option<String>,
    /// The state of the user manager, such as `running`.
    manager: Option<String>,
    /// Whether it has not read the units of the current generation yet.
    unread: bool,
    /// Why there is none in reach.
    unreachable: Option<String>,
    /// What to do about that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
    units: Vec<UnitEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitEntry {
    unit: String,
    /// Where the configuration defines it, `FILE:LINE:COLUMN`.
    defined: Option<String>,
    /// How its file is not as the generation has it.
    drift: Option<Drift>,
    /// By what it runs, if not by its present definition.
    outdated: Option<Outdated>,
    /// What the manager says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<UnitStatus>,
    /// The last lines about it, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<Line>>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_lines: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the profile or the current generation cannot be read, or there is no such unit.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &StatusArguments,
) -> Result<(), CommandError> {
    let home = home::describe(environment, None)?;
    let wanted: Vec<UnitName> =
        arguments.units.iter().map(|unit| managed::unit_name(unit)).collect::<Result<_, _>>()?;
    let mut status = gather(environment, output, &home, &wanted)?;
    if !wanted.is_empty() {
        for entry in &mut status.units {
            add_lines(environment, entry);
        }
    }
    if arguments.json {
        return output.result(json(&status)?);
    }
    home::warn_if_interrupted(output, &home)?;
    if wanted.is_empty() { show::table(output, &status) } else { show::at_length(output, &status) }
}

fn gather(
    environment: &Environment,
    output: &Output,
    home: &HomeEnv,
    wanted: &[UnitName],
) -> Result<Status, CommandError> {
    let unfinished = interrupted(home)?;
    let mut status = Status {
        generation: None,
        path: None,
        interrupted: match &unfinished {
            Some(Interrupted { work: Unfinished::Switch { new, .. }, .. }) => Some(new.id),
            _ => None,
        },
        unfinished: unfinished.map(|Interrupted { work, .. }| work.to_string()),
        manager: None,
        unread: false,
        unreachable: None,
        hints: Vec::new(),
        units: Vec::new(),
    };
    let Some(managed) = Managed::current(environment, output)? else { return Ok(status) };
    status.generation = Some(managed.current.id);
    status.path = Some(managed.current.target.display().to_string());
    let mut states = BTreeMap::new();
    match ask(environment, &managed, wanted) {
        Ok(answer) => {
            status.manager = Some(answer.state);
            let unread = |at| outdated::is_unread(home, &managed.current.target, &managed.units, at);
            status.unread = answer.read_at.is_some_and(unread);
            states = answer.units;
        }
        Err(error) => {
            status.unreachable = Some(error.message);
            status.hints = error.hints;
        }
    }
    let missing = |unit: &&UnitName| {
        !managed.has(unit) && states.get(*unit).is_none_or(|state| state.load == "not-found")
    };
    if let Some(unit) = wanted.iter().find(missing) {
        return Err(managed::unknown(unit, Some(&managed)));
    }
    let outdated = outdated::among(home, &managed.current.target, &managed.units, &states);
    let mut names: BTreeSet<UnitName> = wanted.iter().cloned().collect();
    if wanted.is_empty() {
        names.extend(states.keys().cloned());
        names.extend(own_units(&managed));
    }
    for unit in names {
        let info = managed.generation.manifest.units.get(unit.as_str());
        let drift = info.map(|info| drift::of(home, &managed.generation, &info.path)).transpose()?;
        status.units.push(UnitEntry {
            defined: managed.defined(&unit),
            drift: drift.flatten(),
            outdated: outdated.get(&unit).cloned(),
            state: states.remove(&unit),
            unit: unit.to_string(),
            lines: None,
            no_lines: None,
        });
    }
    Ok(status)
}

/// What the manager says.
struct Answer {
    /// Its own state.
    state: String,
    /// When it read its files.
    read_at: Option<u64>,
    units: BTreeMap<UnitName, UnitStatus>,
}

/// The units that the generation says something about.
fn own_units(managed: &Managed) -> impl Iterator<Item = UnitName> {
    managed.generation.manifest.units.keys().filter_map(|name| UnitName::new(name.as_str()).ok())
}

/// The manager's state, and the states of the units that are wanted, or else of the generation's and of the instances of its
/// templates that do something. Templates have none.
fn ask(environment: &Environment, managed: &Managed, wanted: &[UnitName]) -> Result<Answer, CommandError> {
    let mut manager = units::connect(environment, &managed.generation)?;
    let no_answer = |error: systemd_user::Error| CommandError::user(error.to_string());
    let mut names: BTreeSet<UnitName> = wanted.iter().cloned().collect();
    if wanted.is_empty() {
        names.extend(own_units(managed));
        let templates: BTreeSet<UnitName> = names.iter().filter(|name| name.is_template()).cloned().collect();
        if !templates.is_empty() {
            let loaded = manager.loaded_units().map_err(no_answer)?;
            let instance = |name: &UnitName| name.template().is_some_and(|name| templates.contains(&name));
            names.extend(loaded.into_keys().filter(instance));
        }
    }
    let names: Vec<UnitName> = names.into_iter().filter(|name| !name.is_template()).collect();
    let states = manager.unit_status(&names).map_err(no_answer)?;
    let states = states.into_iter().map(|state| (state.unit.clone(), state)).collect();
    let read_at = manager.units_read_at().map_err(no_answer)?;
    Ok(Answer { state: manager.system_state().to_string(), read_at, units: states })
}

/// Adds the last lines of a unit, or why there are none.
fn add_lines(environment: &Environment, entry: &mut UnitEntry) {
    let Ok(unit) = UnitName::new(entry.unit.as_str()) else { return };
    if let Err(why) = journal::check_access() {
        entry.no_lines = Some(why.to_string());
        return;
    }
    let journalctl = Command::new("journalctl");
    match journal::tail(journalctl, &unit, environment.uid, None, JOURNAL_LINES) {
        Ok(lines) => entry.lines = Some(lines),
        Err(error) => entry.no_lines = Some(error.to_string()),
    }
}
