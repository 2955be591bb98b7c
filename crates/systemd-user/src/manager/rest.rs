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

/// How long all processes of a service have to wait until it counts as settled. A process that could run and is not let to,
/// on a busy machine, does not wait, so this need not be long.
const QUIET: Duration = Duration::from_millis(10);
/// How soon it is looked again, at first, at services that are still on their way.
const SOON: Duration = Duration::from_millis(2);

/// One process in the answer to `GetUnitProcesses`: its control group, its number, its command line.
type Process = (String, u32, String);

/// What a process has done so far: how often each of its threads has been running, and for how long.
type Activity = BTreeMap<String, String>;

/// What the processes of one service have done so far.
type Activities = BTreeMap<u32, Activity>;

/// Watches services that were just started.
pub(super) struct Rest {
    services: Vec<Service>,
    /// How soon it is looked again while one of them is on its way.
    soon: Duration,
}

struct Service {
    unit: UnitName,
    /// What its processes had done when they were seen to wait, and since when they have not done more. None where
    /// one of them does not wait.
    waits: Option<(Activities, Instant)>,
}

impl Rest {
    pub(super) fn of(units: impl Iterator<Item = UnitName>) -> Self {
        Self { services: units.map(|unit| Service { unit, waits: None }).collect(), soon: SOON }
    }

    /// When it is worth looking again.
    pub(super) fn next_look(&mut self) -> Instant {
        let pause =
            if self.services.iter().all(|service| service.waits.is_some()) { QUIET } else { self.soon };
        self.soon = (self.soon * 2).min(QUIET);
        Instant::now() + pause
    }

    /// Looks at the services. Those that have waited for long enough are not looked at again; true when there are no
    /// others.
    pub(super) fn look(&mut self, manager: &mut Manager, deadline: Instant) -> Result<bool, Error> {
        let units: Vec<&UnitName> = self.services.iter().map(|service| &service.unit).collect();
        let processes = manager.processes(&units, deadline)?;
        for (service, processes) in self.services.iter_mut().zip(processes) {
            service.waits = match (activities(&processes), service.waits.take()) {
                (Some(now), Some((before, since))) if now == before => Some((before, since)),
                (now, _) => now.map(|now| (now, Instant::now())),
            };
        }
        let rests =
            |service: &Service| service.waits.as_ref().is_some_and(|(_, since)| since.elapsed() >= QUIET);
        self.services.retain(|service| !rests(service));
        Ok(self.services.is_empty())
    }
}

impl Manager {
    /// The processes of each of the units, by their numbers; none for one that has none or does not say.
    fn processes(&mut self, units: &[&UnitName], deadline: Instant) -> Result<Vec<Vec<u32>>, Error> {
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
fn activities(processes: &[u32]) -> Option<Activities> {
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
        assert_eq!(activities(&[]), None);
        assert_eq!(activities(&[u32::MAX]), None);
    }
}
