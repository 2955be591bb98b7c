//! How the state of units is shown to people: a table of all, or one after the other at length.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use systemd_user::ActiveState;
use systemd_user::manager::UnitStatus;

use super::{Status, UnitEntry};
use crate::error::CommandError;
use crate::listing::Table;
use crate::output::{Output, count, names};
use crate::paint::{Paint, Style, harmless};
use crate::quantity::{bytes, computing, date, moment, since, span};

/// One line for each unit, and below the table what is out of the ordinary.
pub(super) fn table(output: &Output, status: &Status) -> Result<(), CommandError> {
    if !head(output, status)? {
        return Ok(());
    }
    if status.units.is_empty() {
        return output.result("no units");
    }
    let mut table = Table::new(["UNIT", "LOAD", "ACTIVE", "SUB", "SINCE", "MEMORY", "CPU", "RESULT", "NEXT"]);
    for entry in &status.units {
        let cell = |text: &dyn Fn(&UnitStatus) -> Option<String>| {
            entry.state.as_ref().and_then(text).unwrap_or_default()
        };
        table.row([
            entry.unit.clone(),
            // What is usual is no news.
            cell(&|state| Some(state.load.clone()).filter(|load| load != "loaded")),
            cell(&|state| Some(state.active.to_string())),
            cell(&|state| Some(state.sub.clone())),
            cell(&|state| Some(format!("{} ago", span(since(state.since?)?)))),
            cell(&|state| state.memory.map(bytes)),
            cell(&|state| state.cpu_nsec.map(|time| computing(Duration::from_nanos(time)))),
            cell(&result),
            cell(&next),
        ]);
    }
    output.result(table)?;
    for entry in &status.units {
        for remark in remarks(entry) {
            output.result(format_args!("{}: {}", entry.unit, harmless(&remark)))?;
        }
        if entry.state.as_ref().is_some_and(|state| state.active == ActiveState::Failed) {
            let place =
                entry.defined.as_ref().map(|place| format!(", defined at {place}")).unwrap_or_default();
            output.result(format_args!(
                "{}: failed{place}; `hm status {}` shows what it wrote",
                entry.unit, entry.unit
            ))?;
        }
    }
    Ok(())
}

/// A few lines for each unit, with the last ones that it wrote.
pub(super) fn at_length(output: &Output, status: &Status) -> Result<(), CommandError> {
    if !head(output, status)? {
        return Ok(());
    }
    let paint = Paint { color: output.colors_results() };
    for entry in &status.units {
        output.result(format_args!("\n{}", unit(entry, paint).trim_end()))?;
    }
    Ok(())
}

/// Says which generation is current, and whether the manager can be asked. False where there is none.
fn head(output: &Output, status: &Status) -> Result<bool, CommandError> {
    let Some(id) = status.generation else {
        output.note("there is no generation yet; `hm switch` makes the first");
        return Ok(false);
    };
    output.result(format_args!("generation {id}: {}", status.path.as_deref().unwrap_or_default()))?;
    if let Some(why) = &status.unreachable {
        output.result(format_args!("{why}; units start with the next session"))?;
        for hint in &status.hints {
            output.note(format_args!("hint: {hint}"));
        }
    }
    if status.unread {
        output.result(format_args!(
            "the user manager has not read the units of generation {id}; `hm restart UNIT` or `systemctl --user \
             daemon-reload` has it read them"
        ))?;
    }
    Ok(true)
}

fn unit(entry: &UnitEntry, paint: Paint) -> String {
    let mut text = paint.paint(Style::Bold, &entry.unit);
    let state = entry.state.as_ref();
    if let Some(description) = state.and_then(|state| state.description.as_ref()) {
        _ = write!(text, ": {}", harmless(description));
    }
    text.push('\n');
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            _ = writeln!(text, "  {name:<9}{value}");
        }
    };
    line("state", state.map(|state| active(state, paint)));
    line("defined", entry.defined.as_deref().map(harmless));
    line("file", state.and_then(|state| Some(harmless(state.fragment_path.as_ref()?))));
    line("result", state.and_then(result).filter(|result| result != "success"));
    line("restarts", state.map(|state| state.restarts).filter(|n| *n > 0).map(|n| n.to_string()));
    line("process", state.and_then(|state| state.main_pid).map(|pid| pid.to_string()));
    line("memory", state.and_then(|state| state.memory).map(bytes));
    line("cpu", state.and_then(|state| Some(computing(Duration::from_nanos(state.cpu_nsec?)))));
    line("last run", state.and_then(|state| date(state.last_trigger?)));
    line("next run", state.and_then(next));
    for remark in remarks(entry) {
        line("but", Some(harmless(&remark)));
    }
    if let Some(why) = &entry.no_lines {
        line("lines", Some(harmless(why)));
    }
    if let Some(lines) = entry.lines.as_ref().filter(|lines| !lines.is_empty()) {
        _ = writeln!(text, "  its last {}:", count(lines.len(), "line"));
        for line in lines {
            let style = if line.priority <= 3 { Style::Red } else { Style::Plain };
            let time = moment(line.time).unwrap_or_default();
            let said = paint.paint(style, &line.text);
            _ = writeln!(text, "    {} {}: {said}", paint.paint(Style::Faint, &time), harmless(&line.source));
        }
    }
    text
}

/// The state of a unit in a line: `active (running) since Mon 2026-01-05 04:00, 2h 3min ago`.
fn active(state: &UnitStatus, paint: Paint) -> String {
    let style = match state.active {
        ActiveState::Active | ActiveState::Reloading => Style::Green,
        ActiveState::Failed => Style::Red,
        _ => Style::Plain,
    };
    let mut text = paint.paint(style, &format!("{} ({})", state.active, state.sub));
    if let Some((at, ago)) = state.since.and_then(|at| Some((date(at)?, since(at)?))) {
        _ = write!(text, " since {at}, {} ago", span(ago));
    }
    if state.load != "loaded" {
        _ = write!(text, "; its file is {}", harmless(&state.load));
    }
    text
}

/// What is not as it should be.
fn remarks(entry: &UnitEntry) -> Vec<String> {
    let mut remarks: Vec<String> = entry.drift.iter().map(ToString::to_string).collect();
    if entry.state.as_ref().is_some_and(|state| state.need_daemon_reload) {
        remarks.push("the manager has not read its file since it changed".to_owned());
    }
    if let Some(outdated) = &entry.outdated {
        let started = entry.state.as_ref().and_then(|state| date(state.started?));
        let started = started.map(|at| format!(", started {at}")).unwrap_or_default();
        remarks.push(format!(
            "runs by the definition of generation {}{started}; other now: {}; `hm restart {}` takes it up",
            outdated.generation,
            names(&outdated.settings),
            entry.unit
        ));
    }
    remarks
}

fn result(state: &UnitStatus) -> Option<String> {
    match (&state.result, &state.exit) {
        (Some(result), Some(exit)) if result != "success" => Some(format!("{result} ({exit})")),
        (result, _) => result.clone(),
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
    let date = state.next_elapse.and_then(date).map(|at| format!(" ({at})")).unwrap_or_default();
    Some(format!("in {}{date}", span(left)))
}

/// The time since boot, as timers that count from it see it.
fn uptime() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}
