//! `hm timers`: when the timers of the configuration will run, before anything is switched to it.
//!
//! What systemd computes of a timer that it has loaded is computed here of one that it has not seen yet. A setting that systemd
//! would skip with a line in the journal, so that the timer never runs, is an error that names the place in the configuration.

use std::path::Path;
use std::time::Duration;

use hm_generation::Generation;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use systemd_user::timer::Trigger;
use systemd_user::{LocalTime, TimeSpan, Timer, UnitSet, UnitType};

use crate::cli::TimersArguments;
use crate::commands::evaluate;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::listing::{Table, json};
use crate::output::{Output, count};
use crate::quantity::span;
use crate::store::LazyStore;

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timers {
    /// The name of the machine's zone, in which times are meant that name none.
    time_zone: String,
    timers: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    unit: String,
    /// Where the configuration defines it, `FILE:LINE:COLUMN`.
    defined: Option<String>,
    /// The unit that it starts.
    starts: String,
    next: Vec<Run>,
    /// What has no time yet, since it is counted from something that is still to happen.
    relative: Vec<Relative>,
    /// `RandomizedDelaySec=`
    randomized_delay: Option<String>,
    /// `AccuracySec=`, where it is set.
    accuracy: Option<String>,
    /// `Persistent=`
    persistent: bool,
}

/// A time at which a timer elapses.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    /// By RFC 3339.
    time: Timestamp,
    /// The normal form of the calendar event.
    calendar: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relative {
    /// The setting with its value.
    setting: String,
    /// What it means, in words.
    when: String,
}

/// Runs the command.
///
/// # Errors
/// What is wrong with the configuration, among it settings of timers that systemd would skip.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &TimersArguments,
) -> Result<(), CommandError> {
    let now = Timestamp::now();
    let zone = TimeZone::system();
    let local = LocalTime::at(zone.clone(), now);
    let entries = if arguments.current {
        match home::profile(environment).current()? {
            Some(current) => gather(&current.target, arguments, &local, now)?,
            None => {
                output.note("there is no generation yet; `hm switch` makes the first");
                return Ok(());
            }
        }
    } else {
        // As in a dry run, what is built is taken back when the command ends.
        let store = LazyStore::find(environment, &arguments.configuration)?;
        let built = evaluate(environment, output, &arguments.configuration, &store)?;
        gather(&built.generation, arguments, &local, now)?
    };
    let time_zone = zone.iana_name().map_or_else(|| zone.to_offset(now).to_string(), str::to_owned);
    let timers = Timers { time_zone, timers: entries };
    if arguments.json { output.result(json(&timers)?) } else { print(output, &timers, &zone, now) }
}

fn gather(
    generation: &Path,
    arguments: &TimersArguments,
    local: &LocalTime,
    now: Timestamp,
) -> Result<Vec<Entry>, CommandError> {
    let generation = Generation::read(generation)?;
    let units = UnitSet::read_dir(&home::unit_dir(&generation))
        .map_err(|error| CommandError::user(error.to_string()))?;
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for name in units.names() {
        if name.unit_type() != UnitType::Timer {
            continue;
        }
        // What is masked or stands for another unit has no definition.
        let Some(unit) = units.definition(&name) else { continue };
        let info = generation.manifest.units.get(name.as_str());
        let place = info.and_then(|info| Some(info.defined.as_ref()?.to_string()));
        let (timer, invalid) = Timer::read(&name, &unit, local);
        problems.extend(invalid.into_iter().map(|problem| match &place {
            Some(place) => format!("{place}: {name}: {problem}"),
            None => format!("{name}: {problem}"),
        }));
        entries.push(Entry {
            unit: name.to_string(),
            defined: place,
            next: timer
                .next(arguments.number.into(), now, local)
                .into_iter()
                .map(|(time, event)| Run { time, calendar: event.to_string() })
                .collect(),
            relative: timer.triggers.iter().filter_map(|trigger| relative(trigger, local, now)).collect(),
            starts: timer.starts,
            randomized_delay: timer.randomized_delay.map(|span| span.to_string()),
            accuracy: timer.accuracy.map(|span| span.to_string()),
            persistent: timer.persistent,
        });
    }
    if problems.is_empty() {
        return Ok(entries);
    }
    let message = match problems.as_slice() {
        [only] => only.clone(),
        all => format!("{} of timers are not understood:\n{}", count(all.len(), "setting"), all.join("\n")),
    };
    Err(CommandError::user(message)
        .hint("systemd skips what it does not understand; systemd.time(7) tells what can be written"))
}

/// A trigger that no time can be told of.
fn relative(trigger: &Trigger, local: &LocalTime, now: Timestamp) -> Option<Relative> {
    let (setting, when) = match trigger {
        Trigger::Calendar(event) if event.next_after(now, local).is_none() => {
            (format!("OnCalendar={event}"), "never again".to_owned())
        }
        Trigger::Calendar(_) => return None,
        Trigger::Span(since, span) => {
            let never = *span == TimeSpan::INFINITY;
            let when = if never { "never".to_owned() } else { format!("{span} after {since}") };
            (format!("{}={span}", since.setting()), when)
        }
        Trigger::Unknown(setting, value) => {
            (format!("{setting}={value}"), "known when the manager has replaced its specifiers".to_owned())
        }
    };
    Some(Relative { setting, when })
}

fn print(output: &Output, timers: &Timers, zone: &TimeZone, now: Timestamp) -> Result<(), CommandError> {
    if timers.timers.is_empty() {
        return output.result("no timers");
    }
    output.result(format_args!("time zone {}", timers.time_zone))?;
    let mut table = Table::new(["TIMER", "STARTS", "WHEN", "IN", "BY"]);
    for timer in &timers.timers {
        let runs = timer.next.iter().map(|run| {
            let left = Duration::try_from(run.time.duration_since(now)).unwrap_or_default();
            // Most times have no fraction, and then none is printed.
            let time = run.time.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S%.f %Z").to_string();
            [time, span(left), format!("OnCalendar={}", run.calendar)]
        });
        let relative = timer
            .relative
            .iter()
            .map(|relative| [relative.when.clone(), String::new(), relative.setting.clone()]);
        let mut rows: Vec<[String; 3]> = runs.chain(relative).collect();
        if rows.is_empty() {
            rows.push(["never".to_owned(), String::new(), String::new()]);
        }
        let mut names = [timer.unit.clone(), timer.starts.clone()];
        for [when, left, by] in rows {
            // The names stand once, at the first of its times.
            let [unit, starts] = std::mem::take(&mut names);
            table.row([unit, starts, when, left, by]);
        }
    }
    output.result(table)?;
    for timer in &timers.timers {
        let remarks: Vec<String> = [
            timer
                .randomized_delay
                .as_ref()
                .map(|span| format!("up to {span} later, by chance (RandomizedDelaySec)")),
            timer.accuracy.as_ref().map(|span| format!("within {span} of the time (AccuracySec)")),
            timer.persistent.then(|| "at once if a time was missed (Persistent)".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !remarks.is_empty() {
            output.result(format_args!("{}: {}", timer.unit, remarks.join(", ")))?;
        }
    }
    Ok(())
}
