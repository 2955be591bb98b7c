//! What units left in the journal, read by `journalctl`.

mod access;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::manager::UnitReport;
use crate::name::UnitName;

pub use access::{NoJournal, check_access};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// When it was written, in microseconds since 1970.
    pub time: u64,
    /// What wrote it: the syslog identifier, mostly the name of the program.
    pub source: String,
    /// How urgent it is: 0 (emergency) to 7 (debug).
    pub priority: u8,
    /// The text; bytes that are not UTF-8 are replaced.
    pub text: String,
}

/// Why the lines cannot be had. It is never a reason to stop anything.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The program could not be run.
    #[error("cannot run {program}: {source}")]
    Run {
        /// The program.
        program: String,
        /// What went wrong.
        source: io::Error,
    },
    /// It said that it failed.
    #[error("{program} failed: {message}")]
    Failed {
        /// The program.
        program: String,
        /// What it wrote on standard error.
        message: String,
    },
    /// It took too long.
    #[error("{program} took longer than {seconds:.1} s")]
    TimedOut {
        /// The program.
        program: String,
        /// How long was waited.
        seconds: f64,
    },
}

/// How long `journalctl` may take: it reads files, which may be many and slow.
const LIMIT: Duration = Duration::from_secs(5);

/// Of how many lines of a unit those of one run are picked.
const SEARCHED: usize = 1000;

/// The arguments with which `journalctl` shows the lines about units of the user `uid`: those of their own processes
/// and those of the manager about them, from all journals that may be read.
pub fn matches(units: &[UnitName], uid: u32) -> Vec<String> {
    // A process that has ended before the journal looks at it is filed as one of the system's.
    any_of(&["_SYSTEMD_USER_UNIT", "USER_UNIT", "_SYSTEMD_UNIT"], units, uid)
}

/// The same for single runs of units, by their invocation ids.
pub fn matches_of_runs(runs: &[String], uid: u32) -> Vec<String> {
    any_of(&["_SYSTEMD_INVOCATION_ID", "USER_INVOCATION_ID"], runs, uid)
}

/// Lines of the user in which one of the fields has one of the values. Values of one field are alternatives, different
/// fields must all match, and `+` separates alternatives.
fn any_of<T: Display>(fields: &[&str], values: &[T], uid: u32) -> Vec<String> {
    let mut arguments = Vec::new();
    for field in fields {
        if !arguments.is_empty() {
            arguments.push("+".to_owned());
        }
        arguments.extend(values.iter().map(|value| format!("{field}={value}")));
        arguments.push(format!("_UID={uid}"));
    }
    arguments
}

/// A run of a unit, as far as the journal tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRun {
    /// Its invocation id.
    pub id: String,
    /// When its first line was written, in microseconds since 1970.
    pub since: u64,
}

/// The last run of a unit that the journal knows of.
///
/// # Errors
/// As [`tail`].
pub fn last_run(mut journalctl: Command, unit: &UnitName, uid: u32) -> Result<Option<UnitRun>, JournalError> {
    let program = journalctl.get_program().to_string_lossy().into_owned();
    journalctl.args(["--quiet", "--no-pager", "--output=json", &format!("--lines={SEARCHED}")]);
    journalctl.args(matches(std::slice::from_ref(unit), uid));
    Ok(last_of(&run(journalctl, &program)?))
}

fn last_of(output: &str) -> Option<UnitRun> {
    let lines: Vec<(Line, Option<String>)> = output.lines().filter_map(parse).collect();
    let id = lines.iter().rev().find_map(|(_, run)| run.clone())?;
    let since = lines.iter().find(|(_, run)| run.as_ref() == Some(&id)).map(|(line, _)| line.time)?;
    Some(UnitRun { id, since })
}

/// The units of user managers that the journal has lines of, as far as it may be read.
///
/// # Errors
/// As [`tail`].
pub fn known_units(journalctl: impl Fn() -> Command) -> Result<BTreeSet<UnitName>, JournalError> {
    let mut known = BTreeSet::new();
    for field in ["_SYSTEMD_USER_UNIT", "USER_UNIT"] {
        let mut command = journalctl();
        let program = command.get_program().to_string_lossy().into_owned();
        command.args(["--quiet", "--no-pager", &format!("--field={field}")]);
        known.extend(run(command, &program)?.lines().filter_map(|name| UnitName::new(name).ok()));
    }
    Ok(known)
}

/// Reads the last `count` lines about a unit of the user `uid`, of one run of it if `invocation_id` is
/// given. `journalctl` is the program to run, with whatever it needs; arguments are added to it.
///
/// Both the lines of the unit's own processes and those of the manager about it are read, from all
/// journals that this user may read: on some systems users have no journal of their own. No lines
/// may mean that this user may not read any.
///
/// # Errors
/// [`JournalError`] when the program cannot be run, fails or takes too long.
pub fn tail(
    journalctl: Command,
    unit: &UnitName,
    uid: u32,
    invocation_id: Option<&str>,
    count: usize,
) -> Result<Vec<Line>, JournalError> {
    read(journalctl, unit, uid, invocation_id, None, count)
}

/// Reads the last `count` lines about what a report is about, as [`tail`] does. Knowing the main process
/// it also finds the words of one that ended so quickly that the journal could not tell its unit.
///
/// # Errors
/// As [`tail`].
pub fn tail_of(
    journalctl: Command,
    report: &UnitReport,
    uid: u32,
    count: usize,
) -> Result<Vec<Line>, JournalError> {
    // Numbers of processes are used again: without the run it is not known from when on it counts.
    let pid = report.main_pid.filter(|_| report.invocation_id.is_some());
    read(journalctl, &report.unit, uid, report.invocation_id.as_deref(), pid, count)
}

fn read(
    mut journalctl: Command,
    unit: &UnitName,
    uid: u32,
    invocation_id: Option<&str>,
    pid: Option<u32>,
    count: usize,
) -> Result<Vec<Line>, JournalError> {
    let program = journalctl.get_program().to_string_lossy().into_owned();
    let searched = if invocation_id.is_some() { SEARCHED.max(count) } else { count };
    journalctl.args(["--quiet", "--no-pager", "--output=json"]).arg(format!("--lines={searched}"));
    journalctl.args(matches(std::slice::from_ref(unit), uid));
    // The words of a process that ended very quickly are filed under its number only.
    if let Some(pid) = pid {
        journalctl.args(["+", &format!("_PID={pid}"), &format!("_UID={uid}")]);
    }
    let output = run(journalctl, &program)?;
    let mut lines = pick(&output, invocation_id);
    lines.drain(..lines.len().saturating_sub(count));
    Ok(lines)
}

/// The lines of one run, or all. A line of a process that ended quickly does not say which run it is
/// of; it counts if it comes after the first line that does.
fn pick(output: &str, invocation_id: Option<&str>) -> Vec<Line> {
    let mut begun = invocation_id.is_none();
    let parsed = output.lines().filter_map(parse);
    let of_run = parsed.filter(|(_, run)| match (invocation_id, run) {
        (Some(wanted), Some(run)) => {
            begun |= wanted == run;
            wanted == run
        }
        _ => begun,
    });
    of_run.map(|(line, _)| line).collect()
}

/// Runs the program under the time limit; its standard output.
fn run(mut command: Command, program: &str) -> Result<String, JournalError> {
    let failed = |source| JournalError::Run { program: program.to_owned(), source };
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (done, finished) = mpsc::channel();
    thread::spawn(move || {
        // Warnings are short enough for the pipe to hold while the output is read.
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let read = stdout.as_mut().map_or(Ok(0), |pipe| pipe.read_to_end(&mut output));
        let read = read.and_then(|_| stderr.as_mut().map_or(Ok(0), |pipe| pipe.read_to_end(&mut errors)));
        let _ = done.send(read.map(|_| (output, errors)));
    });
    let Ok(read) = finished.recv_timeout(LIMIT) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(JournalError::TimedOut { program: program.to_owned(), seconds: LIMIT.as_secs_f64() });
    };
    let (output, errors) = read.map_err(failed)?;
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        let message = String::from_utf8_lossy(&errors).trim().to_owned();
        return Err(JournalError::Failed { program: program.to_owned(), message });
    }
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// A field of a JSON line: text, the bytes of what is not UTF-8, null if it is too long, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Text(String),
    Bytes(Vec<u8>),
    Many(Vec<Field>),
    Null(()),
}

impl Field {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Many(fields) => fields.first().map(Self::text).unwrap_or_default(),
            Self::Null(()) => String::new(),
        }
    }
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    time: Option<Field>,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    source: Option<Field>,
    #[serde(rename = "PRIORITY")]
    priority: Option<Field>,
    #[serde(rename = "MESSAGE")]
    text: Option<Field>,
    /// The run, in what a process of the unit says.
    #[serde(rename = "_SYSTEMD_INVOCATION_ID")]
    run: Option<Field>,
    /// The run, in what the manager says about the unit.
    #[serde(rename = "USER_INVOCATION_ID")]
    run_told: Option<Field>,
}

/// Reads one line of `journalctl -o json`, and of which run it is; one that is not understood is left
/// out.
fn parse(line: &str) -> Option<(Line, Option<String>)> {
    let record: Record = serde_json::from_str(line).ok()?;
    let text = |field: &Option<Field>| field.as_ref().map(Field::text).unwrap_or_default();
    // What the manager says carries the run of the manager itself in the other field.
    let run = record.run_told.as_ref().or(record.run.as_ref()).map(Field::text);
    let line = Line {
        time: text(&record.time).parse().unwrap_or(0),
        source: text(&record.source),
        priority: text(&record.priority).parse().unwrap_or(6),
        text: text(&record.text),
    };
    Some((line, run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |json: &str, expected: Option<(u64, &str, u8, &str)>| {
            let expected = expected.map(|(time, source, priority, text)| Line {
                time,
                source: source.to_owned(),
                priority,
                text: text.to_owned(),
            });
            assert_eq!(parse(json).map(|(line, _)| line), expected, "{json}");
        };
        check(
            r#"{"__REALTIME_TIMESTAMP":"17","SYSLOG_IDENTIFIER":"sh","PRIORITY":"3","MESSAGE":"m","X":["a","b"]}"#,
            Some((17, "sh", 3, "m")),
        );
        check(r#"{"MESSAGE":[104,255]}"#, Some((0, "", 6, "h\u{fffd}")));
        check(r#"{"MESSAGE":null}"#, Some((0, "", 6, "")));
        check(r#"{"SYSLOG_IDENTIFIER":["a","b"],"MESSAGE":["one","two"]}"#, Some((0, "a", 6, "one")));
        check("no json", None);
    }

    #[test]
    fn one_run_among_others() {
        let output = [
            r#"{"MESSAGE":"a","_SYSTEMD_INVOCATION_ID":"1"}"#,
            r#"{"MESSAGE":"lost"}"#,
            r#"{"MESSAGE":"starting","_SYSTEMD_INVOCATION_ID":"manager","USER_INVOCATION_ID":"2"}"#,
            r#"{"MESSAGE":"quick"}"#,
            r#"{"MESSAGE":"b","_SYSTEMD_INVOCATION_ID":"2"}"#,
            r#"{"MESSAGE":"c","_SYSTEMD_INVOCATION_ID":"3"}"#,
        ]
        .join("\n");
        let texts = |run| pick(&output, run).into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(Some("2")), ["starting", "quick", "b"]);
        assert_eq!(texts(Some("4")), Vec::<String>::new());
        assert_eq!(texts(None).len(), 6);
    }

    #[test]
    fn the_last_run() {
        let output = [
            r#"{"MESSAGE":"a","__REALTIME_TIMESTAMP":"1","_SYSTEMD_INVOCATION_ID":"1"}"#,
            r#"{"MESSAGE":"b","__REALTIME_TIMESTAMP":"2","USER_INVOCATION_ID":"2"}"#,
            r#"{"MESSAGE":"c","__REALTIME_TIMESTAMP":"3","_SYSTEMD_INVOCATION_ID":"2"}"#,
            r#"{"MESSAGE":"lost","__REALTIME_TIMESTAMP":"4"}"#,
        ];
        assert_eq!(last_of(&output.join("\n")), Some(UnitRun { id: "2".to_owned(), since: 2 }));
        assert_eq!(last_of(output[3]), None);
        assert_eq!(last_of(""), None);
    }

    #[test]
    fn alternatives() {
        let units = ["a.service", "b.timer"].map(|name| UnitName::new(name).unwrap());
        insta::assert_snapshot!(matches(&units[..1], 7).join(" "), @"_SYSTEMD_USER_UNIT=a.service _UID=7 + USER_UNIT=a.service _UID=7 + _SYSTEMD_UNIT=a.service _UID=7");
        let runs = ["1", "2"].map(str::to_owned);
        insta::assert_snapshot!(matches_of_runs(&runs, 7).join(" "), @"_SYSTEMD_INVOCATION_ID=1 _SYSTEMD_INVOCATION_ID=2 _UID=7 + USER_INVOCATION_ID=1 USER_INVOCATION_ID=2 _UID=7");
    }

    #[test]
    fn failing_programs() {
        let unit = UnitName::new("a.service").unwrap();
        let tail = |command: Command| tail(command, &unit, 0, None, 5).unwrap_err().to_string();
        assert!(tail(Command::new("/nonexistent")).starts_with("cannot run /nonexistent: "));
        let mut command = Command::new("sh");
        command.args(["-c", "echo no journal >&2; exit 1", "sh"]);
        assert_eq!(tail(command), "sh failed: no journal");
    }
}
