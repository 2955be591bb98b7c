//! Carrying a plan out.
//!
//! First what goes or must stop is stopped, while the manager still has its old definition, so
//! that its own `ExecStop=` runs. Then the manager reads its files, once. Then everything else is queued
//! in one batch, so that the manager orders it. One deadline holds for all of it, whatever the
//! manager does; what is not done by then is reported as such and goes on by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use zbus::message::Message;
use zbus::zvariant::OwnedObjectPath;

use super::link::{Call, Reply};
use super::outcome::{Job, start_outcome, stop_outcome};
use super::properties::Properties;
use super::report::{Progress, ReloadOutcome, Report, UnitReport};
use super::{MANAGER, Manager};
use crate::environment::EnvironmentChange;
use crate::error::Error;
use crate::live::{ActiveState, LiveUnit};
use crate::name::UnitName;
use crate::plan::{Action, Step, SwitchPlan};

/// How a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecuteOptions {
    /// How long jobs are waited for, all together; with zero, what is started is only queued. What is
    /// stopped is given a few seconds in any case, since its own `ExecStop=` would be lost otherwise,
    /// and so is an answer of the manager, once.
    pub deadline: Duration,
    /// How long a service that counts as started once its process exists is watched for a failure
    /// right after that; also how long a oneshot may take to be seen finishing.
    pub settle: Duration,
}

impl Default for ExecuteOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(120), settle: Duration::from_millis(200) }
    }
}

/// What a manager that answers may still be asked once the deadline is over, so that nothing is left
/// stopped or unread. One that hangs is not given this time.
const GRACE: Duration = Duration::from_secs(2);

/// How long nothing has to happen before it is looked at what the jobs wait for.
const PAUSE: Duration = Duration::from_millis(200);

/// One job in the answer to `ListJobs`: its number, its unit, its type, its state, its object and that of
/// its unit.
type ListedJob = (u32, String, String, String, OwnedObjectPath, OwnedObjectPath);

/// One plan being carried out.
struct Run<'a> {
    manager: &'a mut Manager,
    progress: &'a mut dyn FnMut(Progress<'_>),
    deadline: Instant,
    /// Results of jobs by their object, of all jobs since the start: one may be over before the
    /// answer to the call that queued it.
    results: HashMap<String, String>,
    /// Whether a call was left without an answer. Further ones are still sent, for a manager that
    /// wakes up again, but not waited for beyond the deadline.
    silent: bool,
}

impl Manager {
    /// Carries a plan out and reports what became of each unit. Failing units are no error of this
    /// function: they are in the report.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn execute(
        &mut self,
        plan: &SwitchPlan,
        options: ExecuteOptions,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Report, Error> {
        let began = Instant::now();
        let run = Run {
            manager: self,
            progress,
            deadline: began + options.deadline,
            results: HashMap::new(),
            silent: false,
        };
        let (units, reload, environment) = run.carry_out(plan, options.settle)?;
        Ok(Report { units, reload, environment, elapsed: began.elapsed() })
    }
}

impl Run<'_> {
    fn carry_out(
        mut self,
        plan: &SwitchPlan,
        settle: Duration,
    ) -> Result<(Vec<UnitReport>, ReloadOutcome, Option<String>), Error> {
        if plan.is_empty() {
            return Ok((Vec::new(), ReloadOutcome::NotNeeded, None));
        }
        self.subscribe()?;

        let steps: Vec<&Step> = plan.changes().collect();
        // What comes first is stopped last.
        let stops: Vec<&Step> = steps
            .iter()
            .copied()
            .rev()
            .filter(|step| matches!(step.action, Action::Stop | Action::StopStart))
            .collect();
        let mut stopped = self.queue(&stops, |_| "StopUnit")?;
        if !stops.is_empty() {
            (self.progress)(Progress::Stopping(&names(&stops)));
            let deadline = self.call_deadline();
            self.await_jobs(&mut stopped, |_| true, deadline)?;
        }

        let reload = self.reload(plan.reads_again())?;
        let environment = self.settle_environment(&plan.environment, &reload)?;
        self.stop_what_came_back(&stops, &mut stopped)?;

        let starts: Vec<&Step> = steps.iter().copied().filter(|step| step.action != Action::Stop).collect();
        self.reset_failed(&starts, &stops, &plan.forget)?;
        let mut started = self.queue(&starts, |step| match step.action {
            Action::Restart => "RestartUnit",
            Action::Reload => "ReloadUnit",
            _ => "StartUnit",
        })?;
        if !starts.is_empty() {
            (self.progress)(Progress::Starting(&names(&starts)));
            let unawaited: BTreeSet<UnitName> =
                starts.iter().filter(|step| step.is_unawaited()).map(|step| step.unit.clone()).collect();
            self.await_jobs(&mut started, |unit| !unawaited.contains(unit), self.deadline)?;
            self.settle(&starts, &mut started, settle)?;
        }

        let reports = self.report(&steps, stopped, started)?;
        Ok((reports, reload, environment))
    }

    /// Stops once more what goes and is up again. Until the manager has read its files, a unit that goes may be
    /// upheld by another, and is started as soon as it is stopped.
    fn stop_what_came_back(
        &mut self,
        stops: &[&Step],
        stopped: &mut BTreeMap<UnitName, Job>,
    ) -> Result<(), Error> {
        let mut gone = stops.iter().copied().filter(|step| step.action == Action::Stop).peekable();
        if gone.peek().is_none() || self.silent {
            return Ok(());
        }
        let deadline = self.call_deadline();
        let now = self.manager.list_units(deadline)?;
        let done = |step: &Step| matches!(stopped.get(&step.unit), Some(Job::Done(_)));
        let is_up = |step: &Step| now.get(&step.unit).is_some_and(LiveUnit::is_up);
        let up: Vec<&Step> = gone.filter(|step| done(step) && is_up(step)).collect();
        if up.is_empty() {
            return Ok(());
        }
        let mut again = self.queue(&up, |_| "StopUnit")?;
        let deadline = self.call_deadline();
        self.await_jobs(&mut again, |_| true, deadline)?;
        stopped.append(&mut again);
        Ok(())
    }

    /// Makes the calls. They may take until the deadline, or a little longer if that is (almost) over
    /// and the manager has answered everything so far.
    fn call_all(&mut self, calls: Vec<Call>) -> Result<Vec<Reply>, Error> {
        let deadline = self.call_deadline();
        let replies = self.manager.link.call_all(calls, deadline)?;
        self.silent |= replies.iter().any(|reply| matches!(reply, Reply::Silence));
        Ok(replies)
    }

    fn call_deadline(&self) -> Instant {
        if self.silent { self.deadline } else { self.deadline.max(Instant::now() + GRACE) }
    }

    /// Asks for the signals that tell the end of jobs, before there are any.
    fn subscribe(&mut self) -> Result<(), Error> {
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
    fn queue(
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

    /// Waits until the jobs of all the units that `awaited` names are over, or the time is.
    fn await_jobs(
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
        let mut open = by_path.values().filter(|unit| awaited(unit)).count();
        let early: Vec<String> =
            by_path.keys().filter(|path| self.results.contains_key(*path)).cloned().collect();
        for path in early {
            open -= usize::from(self.finish(jobs, &mut by_path, &path).is_some_and(|unit| awaited(&unit)));
        }
        while open > 0 {
            let pause = deadline.min(Instant::now() + PAUSE);
            match self.manager.link.signal(pause)? {
                Some(signal) => {
                    if let Some(path) = self.note(&signal) {
                        let unit = self.finish(jobs, &mut by_path, &path);
                        open -= usize::from(unit.is_some_and(|unit| awaited(&unit)));
                    }
                }
                None if Instant::now() >= deadline || self.only_unawaited_run(&by_path, &awaited)? => break,
                None => {}
            }
        }
        Ok(())
    }

    /// Whether all the jobs that are waited for wait themselves, while ones that are not are still
    /// there: what is ordered after a oneshot is waited for no more than the oneshot.
    fn only_unawaited_run(
        &mut self,
        open: &HashMap<String, UnitName>,
        awaited: impl Fn(&UnitName) -> bool,
    ) -> Result<bool, Error> {
        if open.values().all(&awaited) {
            return Ok(false);
        }
        let waiting = self.waiting_jobs()?;
        Ok(open.iter().filter(|(_, unit)| awaited(unit)).all(|(path, _)| waiting.contains(path)))
    }

    /// The jobs that wait for others, by their objects.
    fn waiting_jobs(&mut self) -> Result<BTreeSet<String>, Error> {
        let deadline = self.call_deadline();
        let listed = self.manager.ask_until::<Vec<ListedJob>>(Call::manager("ListJobs", &())?, deadline);
        match listed {
            Ok(jobs) => {
                let waiting = jobs.into_iter().filter(|job| job.3 == "waiting");
                Ok(waiting.map(|job| job.4.to_string()).collect())
            }
            Err(Error::Silent { .. }) => {
                self.silent = true;
                Ok(BTreeSet::new())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the result out of a `JobRemoved` signal; other signals are of no interest.
    fn note(&mut self, signal: &Message) -> Option<String> {
        if signal.header().member().is_none_or(|member| member.as_str() != "JobRemoved") {
            return None;
        }
        let (_, path, _, result): (u32, OwnedObjectPath, String, String) =
            signal.body().deserialize().ok()?;
        self.results.insert(path.to_string(), result);
        Some(path.to_string())
    }

    /// Marks the job with this object as over; the unit, if it is one of ours.
    fn finish(
        &mut self,
        jobs: &mut BTreeMap<UnitName, Job>,
        by_path: &mut HashMap<String, UnitName>,
        path: &str,
    ) -> Option<UnitName> {
        let unit = by_path.remove(path)?;
        let result = self.results.get(path)?.clone();
        (self.progress)(Progress::JobDone { unit: &unit, result: &result });
        jobs.insert(unit.clone(), Job::Done(result));
        Some(unit)
    }

    fn reload(&mut self, needed: bool) -> Result<ReloadOutcome, Error> {
        if !needed {
            return Ok(ReloadOutcome::NotNeeded);
        }
        (self.progress)(Progress::Reloading);
        let replies = self.call_all(vec![Call::manager("Reload", &())?])?;
        Ok(match replies.into_iter().next() {
            Some(Reply::Answer(_)) => ReloadOutcome::Done,
            Some(Reply::Refused { message, .. }) => ReloadOutcome::Failed(message),
            Some(Reply::Silence) | None => ReloadOutcome::TimedOut,
        })
    }

    /// Sees to the variables that have changed, before anything is started. Returns why it could not be done: what is to be
    /// started is started all the same.
    fn settle_environment(
        &mut self,
        change: &EnvironmentChange,
        reload: &ReloadOutcome,
    ) -> Result<Option<String>, Error> {
        if change.is_empty() || *reload != ReloadOutcome::Done {
            return Ok(None);
        }
        let deadline = self.call_deadline();
        match self.manager.settle_environment(change, deadline) {
            Ok(()) => Ok(None),
            Err(Error::Closed) => Err(Error::Closed),
            Err(error) => {
                self.silent |= matches!(error, Error::Silent { .. });
                Ok(Some(error.to_string()))
            }
        }
    }

    /// Clears earlier failures of just the units that are started, so that a rate limit which an old
    /// definition ran into does not hold against the new one, and of those that are gone.
    fn reset_failed(&mut self, starts: &[&Step], stops: &[&Step], forget: &[UnitName]) -> Result<(), Error> {
        let started = starts.iter().filter(|step| step.action != Action::Reload).map(|step| &step.unit);
        // A running oneshot that is ended counts as failed, and an `ExecStop=` may fail.
        let gone = stops.iter().filter(|step| step.reason.is_removal()).map(|step| &step.unit);
        let calls = started
            .chain(gone)
            .chain(forget)
            .map(|unit| Call::manager("ResetFailedUnit", &unit.as_str()))
            .collect::<Result<Vec<_>, _>>()?;
        // A unit that is not loaded has nothing to be reset.
        self.call_all(calls)?;
        Ok(())
    }

    /// Gives what was just started a moment to fail.
    fn settle(
        &mut self,
        starts: &[&Step],
        jobs: &mut BTreeMap<UnitName, Job>,
        settle: Duration,
    ) -> Result<(), Error> {
        let until = (Instant::now() + settle).min(self.deadline);
        let simple = starts.iter().any(|step| step.is_simple && step.action != Action::Reload);
        self.await_jobs(jobs, |_| true, until)?;
        if simple {
            while let Some(signal) = self.manager.link.signal(until)? {
                self.note(&signal);
            }
        }
        Ok(())
    }

    /// Looks at what the jobs say, and at the units where that is not enough.
    fn report(
        &mut self,
        steps: &[&Step],
        mut stopped: BTreeMap<UnitName, Job>,
        mut started: BTreeMap<UnitName, Job>,
    ) -> Result<Vec<UnitReport>, Error> {
        let deadline = self.call_deadline();
        let now = match self.manager.list_units(deadline) {
            Ok(units) => units,
            // Nothing more can be learned from a manager that hangs; the jobs say what they say.
            Err(Error::Silent { .. }) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let state = |unit: &UnitName| now.get(unit);
        let suspicious: Vec<UnitName> = steps
            .iter()
            .filter(|step| step.action != Action::Stop)
            .filter(|step| {
                let troubled = match state(&step.unit) {
                    Some(live) => !matches!(live.active, ActiveState::Active) || live.sub == "auto-restart",
                    None => !now.is_empty(),
                };
                let failed = !matches!(started.get(&step.unit), Some(Job::Done(result)) if result == "done");
                troubled || failed || step.is_simple
            })
            .map(|step| step.unit.clone())
            .collect();
        let deadline = self.call_deadline();
        let properties =
            if now.is_empty() { Vec::new() } else { self.manager.unit_properties(&suspicious, deadline)? };
        let details: BTreeMap<&UnitName, Properties> = suspicious
            .iter()
            .zip(properties)
            .filter_map(|(unit, properties)| Some((unit, properties?)))
            .collect();

        let open = |job: &Job| matches!(job, Job::Queued(_));
        let waiting = if started.values().any(open) { self.waiting_jobs()? } else { BTreeSet::new() };
        // Behind a job that is waited for, waiting is being late like that.
        let unawaited =
            steps.iter().any(|step| step.is_unawaited() && started.get(&step.unit).is_some_and(open));
        let reports = steps.iter().map(|step| {
            let details = details.get(&step.unit);
            let outcome = if step.action == Action::Stop {
                stop_outcome(stopped.remove(&step.unit), state(&step.unit))
            } else {
                let job = started.remove(&step.unit);
                let waits = unawaited && matches!(&job, Some(Job::Queued(path)) if waiting.contains(path));
                start_outcome(step, job, waits, state(&step.unit), details)
            };
            UnitReport {
                unit: step.unit.clone(),
                action: step.action,
                invocation_id: details.and_then(Properties::invocation_id),
                main_pid: details.and_then(|details| details.u32("ExecMainPID")).filter(|pid| *pid != 0),
                outcome,
            }
        });
        Ok(reports.collect())
    }
}

fn names(steps: &[&Step]) -> Vec<UnitName> {
    steps.iter().map(|step| step.unit.clone()).collect()
}
