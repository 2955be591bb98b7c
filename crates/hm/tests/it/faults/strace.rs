//! Runs of a command under `strace`: one that records every call that changes a file, and one for each of these calls in
//! which it is the last before the process is killed, or fails.
//!
//! A process that is killed when it enters a call does not make it. So being killed at each call covers the moments before
//! and after all of them. `strace` counts calls for each thread by itself, and a fault is met by every thread that comes so
//! far: where a thread does that makes no changes (it opens libraries), only calls with the path in question are counted.

use std::collections::HashMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Every call by which a program changes files, and the one by which it asks the user manager for something.
const CALLS: &str = "mkdir,mkdirat,symlink,symlinkat,link,linkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,\
    open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,fallocate,fsync,fdatasync,syncfs,\
    sync_file_range,fchmod,fchmodat,chmod,utimensat,fchown,fchownat,chown,lchown,setxattr,lsetxattr,fsetxattr,removexattr,\
    lremovexattr,fremovexattr,copy_file_range,sendfile,sendmsg";

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process is killed before it.
    Kill,
    /// It fails with the error of this name.
    Error(&'static str),
}

pub(super) const FAULTS: [Fault; 5] =
    [Fault::Kill, Fault::Error("EIO"), Fault::Error("ENOSPC"), Fault::Error("EACCES"), Fault::Error("EROFS")];

impl Fault {
    pub(super) fn name(self) -> &'static str {
        match self {
            Fault::Kill => "kill",
            Fault::Error(name) => name,
        }
    }
}

/// A call that changes a file, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The thread by its first appearance.
    thread: usize,
    name: String,
    /// Which of the thread's calls of this name it is, from 1.
    number: usize,
    /// Only calls with this path are counted.
    path: Option<String>,
    /// It cannot be told from another thread's call.
    ambiguous: bool,
    /// As `strace` prints it.
    pub(super) text: String,
}

impl Call {
    /// Whether it asks the user manager for something.
    pub(super) fn is_request(&self) -> bool {
        self.name == "sendmsg"
    }

    /// The absolute path that it is given, or else that of the open file.
    fn subject(&self) -> Option<&str> {
        let quoted = self.text.split('"').nth(1).filter(|path| path.starts_with('/'));
        quoted.or_else(|| self.text.split_once("</").and_then(|_| self.text.split(['<', '>']).nth(1)))
    }

    /// Whether `strace -P` takes it for one with this path.
    fn concerns(&self, path: &str) -> bool {
        let given = self.text.rsplit_once(" = ").map_or(self.text.as_str(), |(given, _)| given);
        given.contains(&format!("\"{path}\"")) || given.contains(&format!("<{path}>"))
    }

    /// The call without what is different in every run.
    pub(super) fn describe(&self) -> String {
        format!("{} number {} ({})", self.name, self.number, self.text)
    }
}

/// What became of a run that met a fault.
pub(super) struct Met {
    pub(super) output: Output,
    /// The call that met it.
    pub(super) call: String,
    /// What it said about that met the fault as well.
    pub(super) muted: bool,
}

/// Why `strace` cannot be used here.
pub(super) fn missing() -> Option<String> {
    let output = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    match output {
        Err(why) => Some(format!("strace: {why}")),
        Ok(output) if !output.status.success() => {
            Some(format!("strace: {}", String::from_utf8_lossy(&output.stderr).trim_end()))
        }
        Ok(_) => None,
    }
}

/// `command` as a child of `strace`, which logs to `log`.
fn traced(command: &Command, log: &Path, path: Option<&str>, fault: Option<&str>) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-y", "-s", "0", "-e", "signal=none", "-e"]).arg(format!("trace={CALLS}"));
    if let Some(fault) = fault {
        traced.arg("-e").arg(format!("inject={fault}"));
    }
    if let Some(path) = path {
        traced.args(["-P", path]);
    }
    traced.arg("-o").arg(log).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        traced.env(name, value.unwrap());
    }
    traced.current_dir(command.get_current_dir().unwrap());
    traced
}

/// Runs the command undisturbed: what became of it, and all its calls that change something below `root`, or ask the user
/// manager.
pub(super) fn record(command: &Command, log: &Path, root: &Path) -> (Output, Vec<Call>) {
    let output = traced(command, log, None, None).output().unwrap();
    let calls = read_log(log);
    let root = root.to_str().unwrap();
    let changing = |call: &&Call| {
        let opens = call.name.starts_with("open");
        let changes = call.text.contains(root)
            && (!opens || call.text.contains("O_CREAT") || call.text.contains("O_TRUNC"));
        changes || call.is_request()
    };
    let found = calls.iter().filter(changing).map(|call| alone(call, &calls)).collect();
    (output, found)
}

/// The call in a form that no other thread's call has.
fn alone(call: &Call, calls: &[Call]) -> Call {
    let as_far = |other: &&Call| (&other.name, other.number) == (&call.name, call.number);
    // A collection of garbage opens files of every process that there is, so that the number is always another.
    let known = |path: &&str| !path.contains("/temproots/") && !path.contains("nfinished");
    let by_number = calls.iter().filter(as_far).count() == 1;
    let path = match call.subject().filter(known) {
        Some(path) if !by_number || call.name.starts_with("open") && call.text.contains("AT_FDCWD") => path,
        _ if by_number => return call.clone(),
        _ => return Call { ambiguous: true, ..call.clone() },
    };
    let same = |other: &&Call| other.name == call.name && other.concerns(path);
    let number = calls
        .iter()
        .filter(same)
        .position(|other| (other.thread, other.number) == (call.thread, call.number))
        .unwrap();
    Call { number: number + 1, path: Some(path.to_owned()), ..call.clone() }
}

/// Whether the call writes what the command says.
fn is_message(call: &Call) -> bool {
    call.text.contains("<pipe:")
}

/// Runs the command with a fault at a call that an undisturbed run made.
///
/// # Errors
/// When the fault was not met, or another call met it.
pub(super) fn inject(command: &Command, log: &Path, call: &Call, fault: Fault) -> Result<Met, String> {
    if call.ambiguous {
        return Err("another thread makes a call of the same number".to_owned());
    }
    let what = match fault {
        Fault::Kill => "signal=SIGKILL".to_owned(),
        Fault::Error(name) => format!("error={name}"),
    };
    let rule = format!("{}:{what}:when={}", call.name, call.number);
    let output = traced(command, log, call.path.as_deref(), Some(&rule)).output().unwrap();
    let calls = read_log(log);
    let met: Vec<&Call> = calls
        .iter()
        .filter(|other| match fault {
            Fault::Kill => other.text.ends_with("= ?"),
            Fault::Error(_) => other.text.ends_with("(INJECTED)"),
        })
        .collect();
    let right = |met: &Call| {
        (&met.name, met.number) == (&call.name, call.number)
            && (call.path.is_some() || met.thread == call.thread)
    };
    // What is written about the failure may be a call of the same number in another thread.
    if !met.iter().any(|met| right(met)) || !met.iter().all(|met| right(met) || is_message(met)) {
        return Err(format!("the fault was not met where it should have been, but at {met:?}"));
    }
    if fault == Fault::Kill && output.status.signal() != Some(9) {
        return Err(format!("it was not killed: {}", output.status));
    }
    let call = met.iter().find(|met| right(met)).map(|met| met.text.clone()).unwrap_or_default();
    Ok(Met { output, call, muted: met.iter().any(|met| is_message(met)) })
}

fn read_log(log: &Path) -> Vec<Call> {
    let text = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
    let mut threads: Vec<&str> = Vec::new();
    let mut counts: HashMap<(usize, &str), usize> = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let Some((id, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let thread = threads.iter().position(|known| *known == id).unwrap_or_else(|| {
            threads.push(id);
            threads.len() - 1
        });
        // The end of a call that another thread's came between was counted with its beginning.
        let Some((name, _)) = rest.split_once('(').filter(|_| !rest.starts_with(['<', '+', '-'])) else {
            continue;
        };
        let count = counts.entry((thread, name)).or_default();
        *count += 1;
        calls.push(Call {
            thread,
            name: name.to_owned(),
            number: *count,
            path: None,
            ambiguous: false,
            text: rest.to_owned(),
        });
    }
    calls
}
