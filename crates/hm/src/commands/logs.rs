//! `hm logs`: what the journal has of units, shown by `journalctl`, which knows how to page, colour and follow.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;
use clap_complete::ArgValueCompleter;
use systemd_user::{UnitName, journal};

use crate::completion;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::managed::{self, Managed};
use crate::output::Output;

#[derive(Debug, Args)]
pub(crate) struct LogsArguments {
    /// The units, services where no type is named. A template, such as `foo@.service`, is all of its instances. [default:
    /// all units of the current generation]
    #[arg(value_name = "UNIT", add = ArgValueCompleter::new(completion::units))]
    units: Vec<String>,
    /// Go on showing what comes.
    #[arg(short, long)]
    follow: bool,
    /// Show the last N lines only, or `all`. [default: 10 with --follow, 1000 on a terminal, else all]
    #[arg(short = 'n', long, value_name = "N", value_parser = lines)]
    lines: Option<String>,
    /// Show what was written since then: `1h ago`, `yesterday`, `2026-01-31 12:00`, as in systemd.time(7).
    #[arg(short = 'S', long, value_name = "TIME", allow_hyphen_values = true)]
    since: Option<String>,
    /// Show what was written until then.
    #[arg(short = 'U', long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,
    /// Show what was written since the machine was started.
    #[arg(short, long)]
    boot: bool,
    /// Show the last run of each unit only.
    #[arg(short = 'I', long, conflicts_with_all = ["since", "boot"])]
    last_run: bool,
    /// How a line is written, as for `journalctl`: short, short-iso, cat, verbose and others.
    #[arg(short, long, value_name = "FORMAT", conflicts_with = "json")]
    output: Option<String>,
    /// Print one JSON object for each line, with all fields.
    #[arg(long)]
    json: bool,
}

fn lines(text: &str) -> Result<String, String> {
    if text == "all" || text.parse::<u64>().is_ok() {
        return Ok(text.to_owned());
    }
    Err(format!("'{text}' is neither a number of lines nor `all`"))
}

fn journalctl() -> Command {
    Command::new("journalctl")
}

/// Runs the command. Where all is well it does not return: the process becomes `journalctl`.
///
/// # Errors
/// When there is no journal to read, or no such unit.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &LogsArguments,
) -> Result<(), CommandError> {
    let managed = Managed::current(environment, output)?;
    let wanted: Vec<UnitName> = match (&managed, arguments.units.is_empty()) {
        (None, true) => {
            output.note("there is no generation yet; `hm switch` makes the first");
            return Ok(());
        }
        (Some(managed), true) => managed.names().into_iter().collect(),
        (_, false) => {
            arguments.units.iter().map(|unit| managed::unit_name(unit)).collect::<Result<_, _>>()?
        }
    };
    journal::check_access().map_err(|error| {
        let hint = error.hint();
        CommandError::user(error.to_string()).hint(hint)
    })?;
    let units = with_instances(wanted, managed.as_ref())?;
    if units.is_empty() {
        return output.report("no units");
    }
    let mut command = journalctl();
    if arguments.last_run {
        command.args(last_runs(environment, &units)?);
    } else {
        command.args(journal::matches(&units, environment.uid));
    }
    command.args(flags(output, arguments));
    // Below that are only remarks on journals that are other people's.
    command.env("SYSTEMD_LOG_LEVEL", "warning");
    Err(cannot_run(&command.exec()))
}

fn cannot_run(error: &dyn std::fmt::Display) -> CommandError {
    CommandError::user(format!("the journal cannot be read: {error}"))
        .hint("it is read by `journalctl`, a part of systemd, which has to be found in PATH")
}

/// The units, with the instances of templates in place of these. A unit that the generation does not have, but that has
/// written something, may have been removed since.
fn with_instances(wanted: Vec<UnitName>, managed: Option<&Managed>) -> Result<Vec<UnitName>, CommandError> {
    let is_managed = |name: &UnitName| managed.is_some_and(|managed| managed.has(name));
    if wanted.iter().all(|name| is_managed(name) && !name.is_template()) {
        return Ok(wanted);
    }
    let known = journal::known_units(journalctl).map_err(|error| cannot_run(&error))?;
    let mut units = BTreeSet::new();
    for name in wanted {
        if name.is_template() {
            let instances = known.iter().filter(|unit| unit.template().as_ref() == Some(&name));
            let before = units.len();
            units.extend(instances.cloned());
            if units.len() == before && !is_managed(&name) {
                return Err(managed::unknown(&name, managed));
            }
        } else if is_managed(&name) || known.contains(&name) {
            units.insert(name);
        } else {
            return Err(managed::unknown(&name, managed));
        }
    }
    Ok(units.into_iter().collect())
}

/// What selects the last run of each unit. A unit that never ran, or whose lines are of no run, is shown whole.
fn last_runs(environment: &Environment, units: &[UnitName]) -> Result<Vec<String>, CommandError> {
    let uid = environment.uid;
    let (mut runs, mut without) = (Vec::new(), Vec::new());
    for unit in units {
        match journal::last_run(journalctl(), unit, uid).map_err(|error| cannot_run(&error))? {
            Some(run) => runs.push(run),
            None => without.push(unit.clone()),
        }
    }
    if let ([_], [run]) = (units, runs.as_slice()) {
        // What a process wrote that ended quickly says of which unit it is, but not of which run.
        let mut arguments = journal::matches(units, uid);
        arguments.push(format!("--since=@{}.{:06}", run.since / 1_000_000, run.since % 1_000_000));
        return Ok(arguments);
    }
    let ids: Vec<String> = runs.into_iter().map(|run| run.id).collect();
    let mut arguments = Vec::new();
    if !ids.is_empty() {
        arguments.extend(journal::matches_of_runs(&ids, uid));
    }
    if !without.is_empty() {
        if !arguments.is_empty() {
            arguments.push("+".to_owned());
        }
        arguments.extend(journal::matches(&without, uid));
    }
    Ok(arguments)
}

/// How `journalctl` shows it.
fn flags(output: &Output, arguments: &LogsArguments) -> Vec<String> {
    let mut flags = Vec::new();
    if arguments.follow {
        flags.push("--follow".to_owned());
    } else if output.pages_results() && arguments.lines.is_none() && !arguments.json {
        // What is looked for is mostly at the end; what was before is a key away.
        flags.push("--pager-end".to_owned());
    }
    let format = if arguments.json { Some("json") } else { arguments.output.as_deref() };
    for (name, value) in [
        ("lines", arguments.lines.as_deref()),
        ("since", arguments.since.as_deref()),
        ("until", arguments.until.as_deref()),
        ("output", format),
    ] {
        flags.extend(value.map(|value| format!("--{name}={value}")));
    }
    if arguments.boot {
        flags.push("--boot".to_owned());
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lines() {
        assert!(lines("all").is_ok() && lines("20").is_ok());
        assert!(lines("-1").is_err() && lines("some").is_err() && lines("").is_err());
    }
}
