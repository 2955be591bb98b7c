//! `hm status`: the units of the current generation, and how they are.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hm_generation::{Generation, HomeEnv, Interrupted, Unfinished, interrupted};
use jiff::Timestamp;
use serde::Serialize;
use systemd_user::manager::UnitStatus;
use systemd_user::{Manager, UnitName};

use crate::cli::ListArguments;
use crate::drift::{self, Drift};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::listing::{Table, json};
use crate::output::Output;
use crate::units;

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
    /// Why there is none in reach.
    unreachable: Option<String>,
    units: Vec<UnitEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitEntry {
    unit: String,
    /// Where the configuration defines it, `FILE:LINE:COLUMN`.
    defined: Option<String>,
    drift: Option<Drift>,
    /// What the manager says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<UnitStatus>,
}

/// Runs the command.
///
/// # Errors
/// When the profile or the current generation cannot be read.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &ListArguments,
) -> Result<(), CommandError> {
    let home = home::describe(environment, None)?;
    let status = gather(environment, &home)?;
    if arguments.json {
        return output.result(json(&status)?);
    }
    home::warn_if_interrupted(output, &home)?;
    print(output, &status)
}

fn gather(environment: &Environment, home: &HomeEnv) -> Result<Status, CommandError> {
    let current = home.profile.current()?;
    let unfinished = interrupted(home)?;
    let mut status = Status {
        generation: current.as_ref().map(|current| current.id),
        path: current.as_ref().map(|current| current.target.display().to_string()),
        interrupted: match &unfinished {
            Some(Interrupted { work: Unfinished::Switch { new, .. }, .. }) => Some(new.id),
            _ => None,
        },
        unfinished: unfinished.map(|Interrupted { work, .. }| work.to_string()),
        manager: None,
        unreachable: None,
        units: Vec::new(),
    };
    let Some(current) = current else { return Ok(status) };
    let generation = Generation::read(&current.target)?;
    let mut states = BTreeMap::new();
    match ask(environment, &generation) {
        Ok((manager, found)) => {
            status.manager = Some(manager);
            states = found;
        }
        Err(why) => status.unreachable = Some(why),
    }
    for (unit, info) in &generation.manifest.units {
        status.units.push(UnitEntry {
            unit: unit.clone(),
            defined: info.defined.as_ref().map(ToString::to_string),
            drift: drift::of(home, &generation, &info.path)?,
            state: states.remove(unit),
        });
    }
    Ok(status)
}

/// The manager's state, and the states of the generation's units. Templates have none.
fn ask(
    environment: &Environment,
    generation: &Generation,
) -> Result<(String, BTreeMap<String, UnitStatus>), String> {
    let mut manager = Manager::connect(&units::bus(environment)).map_err(|error| error.to_string())?;
    units::reads_this_home(&mut manager, environment, &generation.manifest.config_home)?;
    let names: Vec<UnitName> = generation
        .manifest
        .units
        .keys()
        .filter_map(|name| UnitName::new(name.as_str()).ok())
        .filter(|name| !name.is_template())
        .collect();
    let states = manager.unit_status(&names).map_err(|error| error.to_string())?;
    let states = states.into_iter().map(|state| (state.unit.as_str().to_owned(), state)).collect();
    Ok((manager.system_state().to_string(), states))
}

fn print(output: &Output, status: &Status) -> Result<(), CommandError> {
    let Some(id) = status.generation else {
        output.note("there is no generation yet; `hm switch` makes the first");
        return Ok(());
    };
    output.result(format_args!("generation {id}: {}", status.path.as_deref().unwrap_or_default()))?;
    if let Some(why) = &status.unreachable {
        output.result(format_args!("{why}; units start with the next session"))?;
    }
    if status.units.is_empty() {
        return output.result("no units");
    }
    let mut table = Table::new(["UNIT", "LOAD", "ACTIVE", "SUB", "RESULT", "NEXT"]);
    for entry in &status.units {
        let cell = |text: &dyn Fn(&UnitStatus) -> String| entry.state.as_ref().map(text).unwrap_or_default();
        table.row([
            entry.unit.clone(),
            cell(&|state| state.load.clone()),
            cell(&|state| state.active.to_string()),
            cell(&|state| state.sub.clone()),
            cell(&result),
            cell(&|state| next(state).unwrap_or_default()),
        ]);
    }
    output.result(table)?;
    for entry in &status.units {
        if let Some(drift) = &entry.drift {
            output.result(format_args!("{}: {drift}", entry.unit))?;
        }
        if entry.state.as_ref().is_some_and(|state| state.need_daemon_reload) {
            output
                .result(format_args!("{}: the manager has not read its file since it changed", entry.unit))?;
        }
    }
    Ok(())
}

fn result(state: &UnitStatus) -> String {
    match (&state.result, &state.exit) {
        (Some(result), _) if result == "success" => "success".to_owned(),
        (Some(result), Some(exit)) => format!("{result} ({exit})"),
        (Some(result), None) => result.clone(),
        (None, _) => String::new(),
    }
}

/// When a timer elapses next, seen from now.
fn next(state: &UnitStatus) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let left = match (state.next_elapse, state.next_elapse_monotonic) {
        (Some(at), _) => Duration::from_micros(at).saturating_sub(now),
        (None, Some(at)) => Duration::from_micros(at).saturating_sub(uptime()?),
        (None, None) => return None,
    };
    let date = state.next_elapse.and_then(|at| Timestamp::from_microsecond(i64::try_from(at).ok()?).ok());
    let date =
        date.map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime(" (%a %Y-%m-%d %H:%M)").to_string());
    Some(format!("in {}{}", span(left), date.unwrap_or_default()))
}

/// The time since boot, as timers that count from it see it.
fn uptime() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// A span of time in its two largest units.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .skip_while(|(number, _)| *number == 0)
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let check = |seconds, expected: &str| assert_eq!(span(Duration::from_secs(seconds)), expected);
        check(0, "0s");
        check(59, "59s");
        check(60, "1min");
        check(3 * 3600 + 59, "3h");
        check(3 * 3600 + 61, "3h 1min");
        check(2 * 86_400 + 3600 + 60, "2d 1h");
    }
}
