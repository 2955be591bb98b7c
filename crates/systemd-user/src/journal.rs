//! The last lines that a unit left in the journal, read by `journalctl`.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::manager::UnitReport;
use crate::name::UnitName;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    let uid = format!("_UID={uid}");
    // All of several fields must match; `+` separates alternatives.
    journalctl.args([&format!("_SYSTEMD_USER_UNIT={unit}"), &uid, "+", &format!("USER_UNIT={unit}"), &uid]);
    // The words of a process that has ended before the journal looks at it are filed like this, or
    // under its number only.
    journalctl.args(["+", &format!("_SYSTEMD_UNIT={unit}"), &uid]);
    if let Some(pid) = pid {
        journalctl.args(["+", &format!("_PID={pid}"), &uid]);
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
    fn failing_programs() {
        let unit = UnitName::new("a.service").unwrap();
        let tail = |command: Command| tail(command, &unit, 0, None, 5).unwrap_err().to_string();
        assert!(tail(Command::new("/nonexistent")).starts_with("cannot run /nonexistent: "));
        let mut command = Command::new("sh");
        command.args(["-c", "echo no journal >&2; exit 1", "sh"]);
        assert_eq!(tail(command), "sh failed: no journal");
    }
}
