//! Carrying a plan out.
//!
//! First what goes or must stop is stopped, while the manager still has its old definition, so
//! that its own `ExecStop=` runs. Then the manager reads its files, once. Then everything else is queued
//! in one batch, so that the manager orders it. One deadline holds for all of it, whatever the
//! manager does; what is not done by then is reported as such and goes on by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::Manager;
use super::link::{Call, Reply};
use super::outcome::{Job, Unfinished, start_outcome, stop_outcome};
use super::properties::Properties;
use super::report::{Progress, ReloadOutcome, Report, UnitReport};
use super::rest::Rest;
use crate::environment::EnvironmentChange;
use crate::error::Error;
use crate::live::{ActiveState, LiveUnit};
use crate::name::{UnitName, UnitType};
use crate::plan::{Action, Step, SwitchPlan};

/// How a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecuteOptions {
    /// How long jobs are waited for, all together; with zero, what is started is only queued. What is
    /// stopped is given a few seconds in any case, since its own `ExecStop=` would be lost otherwise,
    /// and so is an answer of the manager, once.
    pub deadline: Duration,
    /// How long at most a service that counts as started once its process exists is watched for a failure
    /// right after that; also how long a oneshot may take to be seen finishing.
    pub settle: Duration,
    /// Whether oneshots are waited for until they end: those that are started, and those that the plan leaves
    /// running.
    pub wait: bool,
}

impl Default for ExecuteOptions {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(120), settle: Duration::from_millis(200), wait: false }
    }
}

/// What a manager that answers may still be asked once the deadline is over, so that nothing is left
/// stopped or unread. One that hangs is not given this time.
const GRACE: Duration = Duration::from_secs(2);

/// One plan being carried out.
pub(super) struct Run<'a> {
    pub(super) manager: &'a mut Manager,
    pub(super) progress: &'a mut dyn FnMut(Progress<'_>),
    deadline: Instant,
    /// Whether the ends of oneshots are waited for.
    pub(super) wait: bool,
    /// Results of jobs by their object, of all jobs since the start: one may be over before the
    /// answer to the call that queued it.
    pub(super) results: HashMap<String, String>,
    /// Whether a call was left without an answer. Further ones are still sent, for a manager that
    /// wakes up again, but not waited for beyond the deadline.
    pub(super) silent: bool,
}

/// Whether units of a type start others when something happens, as a socket does with connections that wait.
fn starts_others(unit_type: UnitType) -> bool {
    matches!(unit_type, UnitType::Socket | UnitType::Path | UnitType::Timer | UnitType::Automount)
}

impl Manager {
    /// Carries a plan out and reports what became of each unit. Failing units are no error of this
    /// function: they are in the report.
    ///
    /// # Errors
    /// When the connection breaks, or it is [interrupted](Self::interrupt_by). Some of the plan may have been carried
    /// out then; a new plan, made over a new connection, has the rest.
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
            wait: options.wait,
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
        let left: Vec<&Step> = plan.steps.iter().filter(|step| self.wait && step.is_left_oneshot()).collect();
        if plan.is_empty() && left.is_empty() {
            return Ok((Vec::new(), ReloadOutcome::NotNeeded, None));
        }
        self.subscribe()?;

        let mut steps: Vec<&Step> = plan.changes().collect();
        // What comes first is stopped last; but what would start a unit again that is stopped goes before it.
        let mut stops: Vec<&Step> = steps
            .iter()
            .copied()
            .rev()
            .filter(|step| matches!(step.action, Action::Stop | Action::StopStart))
            .collect();
        stops.sort_by_key(|step| !starts_others(step.unit.unit_type()));
        let mut stopped = self.queue(&stops, |_| "StopUnit")?;
        if !stops.is_empty() {
            (self.progress)(Progress::Stopping(&names(&stops)));
            let deadline = self.call_deadline();
            self.await_jobs(&mut stopped, |_| true, deadline)?;
        }

        let reload = self.reload(plan.reads_again())?;
        let environment = self.settle_environment(&plan.environment, &reload)?;
        self.stop_what_came_back(&stops, &mut stopped)?;

        let running = self.running(&left)?;
        let mut starts: Vec<&Step> =
            steps.iter().copied().filter(|step| step.action != Action::Stop).collect();
        self.reset_failed(&starts, &stops, &plan.forget)?;
        let mut started = self.queue(&starts, |step| match step.action {
            Action::Restart => "RestartUnit",
            Action::Reload => "ReloadUnit",
            _ => "StartUnit",
        })?;
        let runs = |step: &&Step| running.contains_key(&step.unit);
        steps.extend(left.iter().copied().filter(runs));
        starts.extend(left.into_iter().filter(runs));
        started.extend(running);
        if !starts.is_empty() {
            (self.progress)(Progress::Starting(&names(&starts)));
            let awaited = |step: &&&Step| self.wait || !step.is_unawaited();
            let awaited: BTreeSet<UnitName> =
                starts.iter().filter(awaited).map(|step| step.unit.clone()).collect();
            self.await_jobs(&mut started, |unit| awaited.contains(unit), self.deadline)?;
            self.settle(&starts, &mut started, settle)?;
        }

        let reports = self.report(&steps, stopped, started)?;
        Ok((reports, reload, environment))
    }

    /// The jobs of those of the steps' units that are being started already.
    fn running(&mut self, steps: &[&Step]) -> Result<BTreeMap<UnitName, Job>, Error> {
        if steps.is_empty() {
            return Ok(BTreeMap::new());
        }
        let units = steps.iter().map(|step| &step.unit).collect();
        Ok(self.look(std::iter::empty())?.map(|queue| queue.starting(&units)).unwrap_or_default())
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
    pub(super) fn call_all(&mut self, calls: Vec<Call>) -> Result<Vec<Reply>, Error> {
        let deadline = self.call_deadline();
        let replies = self.manager.link.call_all(calls, deadline)?;
        self.silent |= replies.iter().any(|reply| matches!(reply, Reply::Silence));
        Ok(replies)
    }

    pub(super) fn call_deadline(&self) -> Instant {
        if self.silent { self.deadline } else { self.deadline.max(Instant::now() + GRACE) }
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
            Err(error) if error.is_disconnection() || matches!(error, Error::Interrupted) => Err(error),
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

    /// Gives what was just started a moment to fail: oneshots until they end, services of a type that counts as started
    /// at once until they have come to rest.
    fn settle(
        &mut self,
        starts: &[&Step],
        jobs: &mut BTreeMap<UnitName, Job>,
        settle: Duration,
    ) -> Result<(), Error> {
        let until = (Instant::now() + settle).min(self.deadline);
        self.await_jobs(jobs, |_| true, until)?;
        let started = |step: &&&Step| {
            let done = matches!(jobs.get(&step.unit), Some(Job::Done(result)) if result == "done");
            done && step.is_simple && !matches!(step.action, Action::Reload | Action::Keep)
        };
        let mut rest = Rest::of(starts.iter().filter(started).map(|step| step.unit.clone()));
        while !self.silent && Instant::now() < until && !rest.look(self.manager, until)? {
            let next = rest.next_look().min(until);
            while let Some(signal) = self.manager.link.signal(next)? {
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

        let open: Vec<String> = started.values().filter_map(Job::path).map(str::to_owned).collect();
        let queue = if open.is_empty() { None } else { self.look(open.iter())? };
        let held = |job: &Option<Job>| {
            let path = job.as_ref().and_then(Job::path);
            !self.wait && path.zip(queue.as_ref()).is_some_and(|(path, queue)| queue.is_behind_oneshots(path))
        };
        let reports = steps.iter().map(|step| {
            let details = details.get(&step.unit);
            let outcome = if step.action == Action::Stop {
                stop_outcome(stopped.remove(&step.unit), state(&step.unit))
            } else {
                let job = started.remove(&step.unit);
                let why = Unfinished { held: held(&job), awaited: self.wait };
                start_outcome(step, job, why, state(&step.unit), details)
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
