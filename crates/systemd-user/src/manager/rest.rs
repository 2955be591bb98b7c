//! Whether services that were just started have come to rest.
//!
//! A service of a type that counts as started once its process exists may fail right after that: its program may be
//! missing, or find its configuration wrong. How long that takes cannot be known, so each such start would have to be
//! watched for a fixed time. But a program that is still on its way shows it: its process has not executed it yet, runs,
//! or reads from a disk. Once all its processes have only waited for a while, what it had to do at its start is done,
//! and what it waits for now may take for ever.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Manager;
use super::link::{Call, Reply};
use crate::error::Error;
use crate::name::UnitName;

/// How long all processes of a service have to wait until it counts as settled.
const QUIET: Duration = Duration::from_millis(15);

/// One process in the answer to `GetUnitProcesses`: its control group, its number, its command line.
type Process = (String, u32, String);

/// What a process has done so far: how often each of its threads has been running, and for how long.
type Activity = BTreeMap<String, String>;

/// What the processes of one service have done so far; none where one of them does not wait.
type Seen = Option<BTreeMap<u32, Activity>>;

/// Watches services that were just started.
pub(super) struct Rest {
    units: Vec<UnitName>,
    seen: Vec<Seen>,
}

impl Rest {
    pub(super) fn of(units: Vec<UnitName>) -> Self {
        Self { seen: units.iter().map(|_| None).collect(), units }
    }

    /// When it is worth looking again.
    pub(super) fn next_look() -> Instant {
        Instant::now() + QUIET
    }

    /// Looks at the services. Those that have only waited since the last look are not looked at again; true when there
    /// are no others.
    pub(super) fn look(&mut self, manager: &mut Manager, deadline: Instant) -> Result<bool, Error> {
        let processes = manager.processes(&self.units, deadline)?;
        let now: Vec<Seen> = processes.iter().map(|processes| waiting(processes)).collect();
        let quiet: Vec<bool> =
            self.seen.iter().zip(&now).map(|(before, now)| now.is_some() && before == now).collect();
        let open = |all: Vec<bool>| all.into_iter().map(|quiet| !quiet);
        let mut keep = open(quiet.clone());
        self.units.retain(|_| keep.next().unwrap_or(true));
        self.seen =
            now.into_iter().zip(open(quiet)).filter_map(|(seen, open)| open.then_some(seen)).collect();
        Ok(self.units.is_empty())
    }
}

impl Manager {
    /// The processes of each of the units, by their numbers; none for one that has none or does not say.
    fn processes(&mut self, units: &[UnitName], deadline: Instant) -> Result<Vec<Vec<u32>>, Error> {
        let calls = units.iter().map(|unit| Call::manager("GetUnitProcesses", &unit.as_str()));
        let replies = self.link.call_all(calls.collect::<Result<Vec<_>, _>>()?, deadline)?;
        let numbers = |reply| match reply {
            Reply::Answer(message) => message
                .body()
                .deserialize::<Vec<Process>>()
                .map(|processes| processes.into_iter().map(|(_, number, _)| number).collect())
                .unwrap_or_default(),
            Reply::Refused { .. } | Reply::Silence => Vec::new(),
        };
        Ok(replies.into_iter().map(numbers).collect())
    }
}

/// What the processes have done so far, if there are any and all of them wait.
fn waiting(processes: &[u32]) -> Seen {
    if processes.is_empty() {
        return None;
    }
    processes.iter().map(|number| Some((*number, activity(*number)?))).collect()
}

fn activity(process: u32) -> Option<Activity> {
    let tasks = Path::new("/proc").join(process.to_string()).join("task");
    let threads = fs::read_dir(tasks).ok()?;
    threads
        .map(|thread| {
            let dir = thread.ok()?.path();
            if !is_waiting(&fs::read_to_string(dir.join("stat")).ok()?) {
                return None;
            }
            let name = dir.file_name()?.to_str()?.to_owned();
            Some((name, fs::read_to_string(dir.join("schedstat")).ok()?))
        })
        .collect()
}

/// Whether the thread waits for something to happen (proc_pid_stat(5)). One whose name is in parentheses of its own is
/// the manager's, on its way to execute the program.
fn is_waiting(stat: &str) -> bool {
    let Some((name, rest)) = stat.rsplit_once(')') else { return false };
    let own = name.split_once('(').is_some_and(|(_, name)| name.starts_with('('));
    !own && rest.trim_start().starts_with('S')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_threads() {
        let check = |stat: &str, expected: bool| assert_eq!(is_waiting(stat), expected, "{stat}");
        check("12 (sleep) S 1 12", true);
        check("12 (a) b (c) S 1 12", true);
        check("12 ((sleep)) S 1 12", false);
        check("12 (sleep) R 1 12", false);
        check("12 (sleep) D 1 12", false);
        check("12 (sleep) Z 1 12", false);
        check("", false);
    }

    #[test]
    fn nothing_is_known_of_no_process() {
        assert_eq!(waiting(&[]), None);
        assert_eq!(waiting(&[u32::MAX]), None);
    }
}
