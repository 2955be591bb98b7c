//! Jobs of the manager: queueing them, waiting for their ends, and finding out what holds them up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use zbus::message::Message;
use zbus::zvariant::OwnedObjectPath;

use super::execute::Run;
use super::link::{Call, Reply};
use super::outcome::Job;
use super::report::Progress;
use super::{MANAGER, SERVICE};
use crate::error::Error;
use crate::name::{UnitName, UnitType};
use crate::plan::Step;

/// How long nothing has to happen before it is looked at what the jobs wait for.
const FIRST_LOOK: Duration = Duration::from_millis(200);
/// The same from the second look on.
const NEXT_LOOK: Duration = Duration::from_secs(1);

/// One job in the manager's lists: its number, its unit, its type, its state, its object and that of its unit.
type ListedJob = (u32, String, String, String, OwnedObjectPath, OwnedObjectPath);

/// The manager's queue, as far as open jobs depend on it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    jobs: BTreeMap<String, Listed>,
    /// The jobs that a waiting one waits for.
    before: BTreeMap<String, Vec<String>>,
    /// The units that are oneshots, of those whose running jobs are waited for.
    oneshots: BTreeSet<UnitName>,
}

#[derive(Debug)]
struct Listed {
    id: u32,
    unit: Option<UnitName>,
    starts: bool,
    waits: bool,
}

impl Queue {
    fn waits(&self, path: &str) -> bool {
        self.jobs.get(path).is_some_and(|job| job.waits)
    }

    /// The running jobs that a waiting one waits for, directly or by way of others.
    fn blockers(&self, path: &str) -> Vec<&Listed> {
        let (mut open, mut seen, mut found) = (vec![path], BTreeSet::new(), Vec::new());
        while let Some(path) = open.pop() {
            if !seen.insert(path) {
                continue;
            }
            match self.jobs.get(path) {
                Some(job) if job.waits => {
                    open.extend(self.before.get(path).into_iter().flatten().map(String::as_str))
                }
                Some(job) => found.push(job),
                None => {}
            }
        }
        found
    }

    /// The units whose jobs a waiting job waits for.
    pub(super) fn waits_for(&self, path: &str) -> BTreeSet<&UnitName> {
        if !self.waits(path) {
            return BTreeSet::new();
        }
        self.blockers(path).into_iter().filter_map(|job| job.unit.as_ref()).collect()
    }

    /// Whether a job waits for nothing but oneshots that run.
    pub(super) fn is_behind_oneshots(&self, path: &str) -> bool {
        let blockers = if self.waits(path) { self.blockers(path) } else { Vec::new() };
        let oneshot =
            |job: &&Listed| job.starts && job.unit.as_ref().is_some_and(|unit| self.oneshots.contains(unit));
        !blockers.is_empty() && blockers.iter().all(oneshot)
    }

    /// The jobs that start one of the units.
    pub(super) fn starting(&self, units: &BTreeSet<&UnitName>) -> BTreeMap<UnitName, Job> {
        let starting = self.jobs.iter().filter(|(_, job)| job.starts);
        let ours = starting
            .filter_map(|(path, job)| Some((path, job.unit.as_ref().filter(|unit| units.contains(unit))?)));
        ours.map(|(path, unit)| (unit.clone(), Job::Queued(path.clone()))).collect()
    }
}

impl Run<'_> {
    /// Asks for the signals that tell the end of jobs, before there are any.
    pub(super) fn subscribe(&mut self) -> Result<(), Error> {
        let mut calls = vec![Call::manager("Subscribe", &())?];
        if self.manager.link.is_bus {
            let rule = format!("type='signal',interface='{MANAGER}',member='JobRemoved'");
            let bus = "org.freedesktop.DBus";
            calls.push(Call::new(bus, "/org/freedesktop/DBus", bus, "AddMatch", &rule)?);
        }
        for reply in self.call_all(calls)? {
            match reply {
                // A second switch over the same connection is subscribed already.
                Reply::Answer(_) => {}
                Reply::Refused { name, .. } if name.ends_with(".AlreadySubscribed") => {}
                Reply::Refused { name, message } => {
                    return Err(Error::Refused { call: "Subscribe".to_owned(), name, message });
                }
                // The time is up before anything was done; what follows will find the same.
                Reply::Silence => {}
            }
        }
        Ok(())
    }

    /// Queues one job for each step.
    pub(super) fn queue(
        &mut self,
        steps: &[&Step],
        member: impl Fn(&Step) -> &'static str,
    ) -> Result<BTreeMap<UnitName, Job>, Error> {
        let calls = steps
            .iter()
            .map(|step| {
                let member = member(step);
                let alone = step.alone && member == "StartUnit";
                Call::job(member, &step.unit, if alone { "ignore-dependencies" } else { "replace" })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let replies = self.call_all(calls)?;
        let jobs = steps.iter().zip(replies).map(|(step, reply)| {
            let job = match reply {
                Reply::Answer(message) => match message.body().deserialize::<OwnedObjectPath>() {
                    Ok(path) => Job::Queued(path.to_string()),
                    Err(error) => Job::Refused(String::new(), error.to_string()),
                },
                Reply::Refused { name, message } => Job::Refused(name, message),
                Reply::Silence => Job::Unanswered,
            };
            (step.unit.clone(), job)
        });
        Ok(jobs.collect())
    }

    /// Waits until the jobs of all the units that `awaited` names are over, or the time is. What waits only for
    /// oneshots is waited for no more than these, unless their ends are.
    pub(super) fn await_jobs(
        &mut self,
        jobs: &mut BTreeMap<UnitName, Job>,
        awaited: impl Fn(&UnitName) -> bool,
        deadline: Instant,
    ) -> Result<(), Error> {
        let mut by_path: HashMap<String, UnitName> = jobs
            .iter()
            .filter_map(|(unit, job)| match job {
                Job::Queued(path) => Some((path.clone(), unit.clone())),
                _ => None,
            })
            .collect();
        let early: Vec<String> =
            by_path.keys().filter(|path| self.results.contains_key(*path)).cloned().collect();
        for path in early {
            self.finish(jobs, &mut by_path, &path);
        }
        let mut pause = FIRST_LOOK;
        while by_path.values().any(&awaited) {
            let until = deadline.min(Instant::now() + pause);
            if let Some(signal) = self.manager.link.signal(until)? {
                if let Some(path) = self.note(&signal) {
                    self.finish(jobs, &mut by_path, &path);
                }
                continue;
            }
            if Instant::now() >= deadline {
                break;
            }
            pause = NEXT_LOOK;
            let Some(queue) = self.look(by_path.keys())? else { continue };
            // What ended before the manager told its queue has been signalled before that.
            while let Some(signal) = self.manager.link.signal(Instant::now())? {
                if let Some(path) = self.note(&signal) {
                    self.finish(jobs, &mut by_path, &path);
                }
            }
            self.drop_gone(jobs, &mut by_path, &queue);
            let waits: BTreeMap<&UnitName, BTreeSet<&UnitName>> = by_path
                .iter()
                .map(|(path, unit)| (unit, queue.waits_for(path)))
                .filter(|(_, blockers)| !blockers.is_empty())
                .collect();
            (self.progress)(Progress::Waiting(&waits));
            let mut open = by_path.iter().filter(|(_, unit)| awaited(unit)).map(|(path, _)| path).peekable();
            if !self.wait && open.peek().is_some() && open.all(|path| queue.is_behind_oneshots(path)) {
                break;
            }
        }
        Ok(())
    }

    /// Gives up jobs that are not in the queue any more though their ends were not signalled: the manager was
    /// executed anew in between, and signals get lost then.
    fn drop_gone(
        &mut self,
        jobs: &mut BTreeMap<UnitName, Job>,
        by_path: &mut HashMap<String, UnitName>,
        queue: &Queue,
    ) {
        by_path.retain(|path, unit| {
            let there = queue.jobs.contains_key(path);
            if !there {
                jobs.insert(unit.clone(), Job::Gone);
            }
            there
        });
    }

    /// Looks at the manager's queue, and at what the jobs `open` wait for. None where it does not answer.
    pub(super) fn look<'p>(
        &mut self,
        open: impl Iterator<Item = &'p String>,
    ) -> Result<Option<Queue>, Error> {
        let deadline = self.call_deadline();
        let listed = match self.manager.ask_until::<Vec<ListedJob>>(Call::manager("ListJobs", &())?, deadline)
        {
            Ok(listed) => listed,
            Err(Error::Silent { .. }) => {
                self.silent = true;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let jobs = listed.into_iter().map(|(id, unit, kind, state, path, _)| {
            let starts = matches!(kind.as_str(), "start" | "restart");
            let listed = Listed { id, unit: UnitName::new(unit).ok(), starts, waits: state == "waiting" };
            (path.to_string(), listed)
        });
        let mut queue = Queue { jobs: jobs.collect(), ..Queue::default() };
        let mut next: Vec<String> = open.filter(|path| queue.waits(path)).cloned().collect();
        while !next.is_empty() {
            let before = self.jobs_before(&next, &queue)?;
            let found: BTreeSet<String> = before.iter().flatten().cloned().collect();
            queue.before.extend(next.into_iter().zip(before));
            let new = found.into_iter().filter(|path| queue.waits(path) && !queue.before.contains_key(path));
            next = new.collect();
        }
        queue.oneshots = self.oneshots_among(&queue)?;
        Ok(Some(queue))
    }

    /// The jobs that each of some jobs waits for. A manager that is too old to say tells none.
    fn jobs_before(&mut self, paths: &[String], queue: &Queue) -> Result<Vec<Vec<String>>, Error> {
        let ids = paths.iter().map(|path| queue.jobs.get(path).map_or(0, |job| job.id));
        let calls = ids.map(|id| Call::manager("GetJobBefore", &id)).collect::<Result<Vec<_>, _>>()?;
        let replies = self.call_all(calls)?.into_iter().map(|reply| match reply {
            Reply::Answer(message) => message
                .body()
                .deserialize::<Vec<ListedJob>>()
                .map(|jobs| jobs.into_iter().map(|job| job.4.to_string()).collect())
                .unwrap_or_default(),
            Reply::Refused { .. } | Reply::Silence => Vec::new(),
        });
        Ok(replies.collect())
    }

    /// The oneshots among the units whose running jobs are waited for.
    fn oneshots_among(&mut self, queue: &Queue) -> Result<BTreeSet<UnitName>, Error> {
        let waited_for = queue.before.values().flatten().filter_map(|path| queue.jobs.get(path));
        let services: BTreeSet<UnitName> = waited_for
            .filter(|job| job.starts && !job.waits)
            .filter_map(|job| job.unit.clone())
            .filter(|unit| unit.unit_type() == UnitType::Service)
            .collect();
        if services.is_empty() || self.silent {
            return Ok(BTreeSet::new());
        }
        let services: Vec<UnitName> = services.into_iter().collect();
        let types: Vec<Option<String>> = self.manager.interface_property(&services, SERVICE, "Type")?;
        let oneshots = services.into_iter().zip(types).filter(|(_, kind)| kind.as_deref() == Some("oneshot"));
        Ok(oneshots.map(|(unit, _)| unit).collect())
    }

    /// Takes the result out of a `JobRemoved` signal; other signals are of no interest.
    pub(super) fn note(&mut self, signal: &Message) -> Option<String> {
        if signal.header().member().is_none_or(|member| member.as_str() != "JobRemoved") {
            return None;
        }
        let (_, path, _, result): (u32, OwnedObjectPath, String, String) =
            signal.body().deserialize().ok()?;
        self.results.insert(path.to_string(), result);
        Some(path.to_string())
    }

    /// Marks the job with this object as over, if it is one of ours.
    fn finish(
        &mut self,
        jobs: &mut BTreeMap<UnitName, Job>,
        by_path: &mut HashMap<String, UnitName>,
        path: &str,
    ) {
        let (Some(unit), Some(result)) = (by_path.remove(path), self.results.get(path).cloned()) else {
            return;
        };
        (self.progress)(Progress::JobDone { unit: &unit, result: &result });
        jobs.insert(unit, Job::Done(result));
    }
}
