//! From old units, new units and what runs, to what is to be done: a pure function.
//!
//! What a unit runs by is taken from the old generation, not from the clock or from file times: a
//! unit that is the same in both generations is never touched, whether it runs, has finished,
//! or was stopped by hand. [`decide`] looks at one unit, [`effects`] at what follows for others.

mod decide;
mod effects;
mod order;
mod reason;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

pub use reason::{Note, Reason};

use crate::environment::EnvironmentChange;
use crate::live::LiveState;
use crate::name::{UnitName, UnitType};
use crate::unit::Unit;
use crate::unit_set::{Edge, Fragment, UnitSet};
use decide::Decision;

/// What is done to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Stopped before the manager reads the new files.
    Stop,
    /// Started after it has read them.
    Start,
    /// Restarted after it has read them.
    Restart,
    /// Reloaded after it has read them.
    Reload,
    /// Stopped before and started after: its `ExecStop=` is the old one.
    StopStart,
    /// Left as it is.
    Keep,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::StopStart => "stop and start",
            Self::Keep => "keep",
        })
    }
}

/// What is done to one unit, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The unit.
    pub unit: UnitName,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// What else is to be known about it beforehand.
    pub note: Option<Note>,
    /// Whether it is a `Type=oneshot` service by its new definition. Its end is not waited for.
    pub is_oneshot: bool,
    /// Whether it is a service that counts as started once its process exists, so that a failure
    /// right after that does not show in the result of the start.
    pub is_simple: bool,
    /// Whether it is started without what it wants or requires. A target that went down with
    /// something it requires comes back like this, so that nothing stopped by hand comes with it.
    pub alone: bool,
}

impl Step {
    /// Whether the end of its job is not waited for: running a oneshot may take hours.
    pub fn is_unawaited(&self) -> bool {
        self.is_oneshot && matches!(self.action, Action::Start | Action::Restart | Action::StopStart)
    }

    /// Whether it is a oneshot that is left as it is, and may be running.
    pub fn is_left_oneshot(&self) -> bool {
        self.is_oneshot && self.action == Action::Keep
    }
}

/// What a switch does to the units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchPlan {
    /// One step for each unit that is in the old or the new set or that is affected, also where
    /// nothing is done; in the order in which they are started. They are stopped in the opposite one.
    pub steps: Vec<Step>,
    /// Whether the manager has to read its files again.
    pub reload_needed: bool,
    /// Units that go and had failed: the manager forgets that failure.
    pub forget: Vec<UnitName>,
    /// Variables that the manager gets other values for when it reads its files again. A plan is made without; whoever
    /// knows of any adds them.
    pub environment: EnvironmentChange,
}

impl SwitchPlan {
    /// The steps in which something is done.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action != Action::Keep)
    }

    /// Whether the manager reads its files again, for the units' or the variables' sake.
    pub fn reads_again(&self) -> bool {
        self.reload_needed || !self.environment.is_empty()
    }

    /// The units that run, and that carrying out this plan stops for a moment: what has to be started again if it is
    /// interrupted just then.
    pub fn stopped_for_a_moment(&self, live: &LiveState) -> Vec<UnitName> {
        let comes_back = |step: &&Step| {
            matches!(step.action, Action::Start | Action::Restart | Action::StopStart)
                && (live.is_up(&step.unit) || live.interrupted.contains(&step.unit))
        };
        self.steps.iter().filter(comes_back).map(|step| step.unit.clone()).collect()
    }

    /// Whether nothing at all is to be done.
    pub fn is_empty(&self) -> bool {
        !self.reads_again() && self.forget.is_empty() && self.changes().next().is_none()
    }
}

/// Plans the way from the units of one generation to those of the next.
///
/// `live` is best taken before any file is replaced. Choices where the neighbours differ:
///
/// - A unit that runs and has changed is stopped before the manager reads its new definition and
///   started afterwards, unless `X-SwitchMethod=` (`reload`, `restart`, `stop-start`, `keep-old`)
///   or the older `X-RestartIfChanged=`, `X-StopIfChanged=`, `X-ReloadIfChanged=` say otherwise.
///   Timers and path units are restarted, targets and slices kept: for them the manager's
///   reload is enough.
/// - A unit that does not run is started only if it is new, or newly pulled in, and what pulls it in is
///   active; or, being pulled in by something active, if it has changed and either failed before or
///   was kept by a condition.
/// - A changed oneshot that something active pulls in is run again, even if it is running: its
///   author expects the effect of the new script. Without that (as with one that a timer
///   starts) a running one finishes and the next run takes the new definition.
/// - A oneshot does not run because it has run: if it becomes a service, it is started, and a service
///   that becomes a oneshot which nothing pulls in is stopped only.
/// - Units that systemd stops along with one that is stopped come back with it; what conflicts with one
///   that is started goes.
/// - An instance that was asked for and is not any more goes like a unit whose file is gone.
/// - The unit that this very program runs in, and what that depends on, is not stopped.
pub fn plan(old: &UnitSet, new: &UnitSet, live: &LiveState) -> SwitchPlan {
    let mut pulling: BTreeMap<UnitName, Vec<Edge>> = BTreeMap::new();
    for edge in new.edges() {
        pulling.entry(edge.to.clone()).or_default().push(edge);
    }
    let planner = Planner { old, new, live, old_edges: old.edges(), pulling, steps: BTreeMap::new() };
    planner.run()
}

struct Planner<'a> {
    old: &'a UnitSet,
    new: &'a UnitSet,
    live: &'a LiveState,
    old_edges: BTreeSet<Edge>,
    /// What pulls each unit in, by the new generation.
    pulling: BTreeMap<UnitName, Vec<Edge>>,
    steps: BTreeMap<UnitName, (Action, Reason)>,
}

impl Planner<'_> {
    fn run(mut self) -> SwitchPlan {
        let mut pending = BTreeMap::new();
        for name in self.candidates() {
            match self.decide(&name) {
                Decision::Now(action, reason) => {
                    self.steps.insert(name, (action, reason));
                }
                Decision::IfPulled(pulled) => {
                    pending.insert(name, pulled);
                }
            }
        }
        self.start_what_is_pulled_in(pending);
        self.resume_what_was_interrupted();
        self.stop_services_of_sockets();
        self.stop_what_conflicts();
        self.spare_this_switch();
        self.bring_dependents_back();
        let forget = self.to_forget();
        let reload_needed =
            !self.old.same_units(self.new) || self.live.units.values().any(|unit| unit.need_daemon_reload);
        let mut steps: Vec<Step> = std::mem::take(&mut self.steps)
            .into_iter()
            .map(|(unit, (action, reason))| self.step(unit, action, reason))
            .collect();
        steps.sort_by_key(|step| rank(step.unit.unit_type()));
        order::sort(&mut steps, self.new, self.old);
        SwitchPlan { steps, reload_needed, forget, environment: EnvironmentChange::default() }
    }

    /// The units to decide about: those with a file or drop-in in either set, running or wanted
    /// instances of templates in place of the templates, and what is newly pulled in.
    fn candidates(&self) -> BTreeSet<UnitName> {
        let mut names = self.old.names();
        names.extend(self.new.names());
        let alias = |name: &UnitName| {
            let fragment = self.new.fragment(name).or_else(|| self.old.fragment(name));
            matches!(fragment, Some(Fragment::Alias(_)))
        };
        let templates: BTreeSet<UnitName> = names.iter().filter(|name| name.is_template()).cloned().collect();
        let instance =
            |name: &UnitName| name.template().is_some_and(|template| templates.contains(&template));
        names.retain(|name| !name.is_template() && !alias(name));
        names.extend(self.live.units.keys().filter(|name| instance(name)).cloned());
        let pulled = self
            .pulling
            .values()
            .flatten()
            .filter(|edge| instance(&edge.to) || !self.old_edges.contains(edge));
        names.extend(pulled.map(|edge| edge.to.clone()).filter(|name| !name.is_template() && !alias(name)));
        names
    }

    fn step(&self, unit: UnitName, action: Action, reason: Reason) -> Step {
        let definition = self.new.definition(&unit).unwrap_or_default();
        let kind = self.service_type(&unit, &definition);
        let starts = matches!(action, Action::Start | Action::Restart | Action::StopStart);
        let note =
            if starts && unit.unit_type() == UnitType::Timer { Note::of_timer(&definition) } else { None };
        let alone = unit.unit_type() == UnitType::Target && matches!(reason, Reason::StoppedWith(_));
        Step {
            note,
            is_oneshot: kind == Some("oneshot"),
            is_simple: matches!(kind, Some("simple" | "idle" | "exec")),
            alone,
            unit,
            action,
            reason,
        }
    }

    /// What pulls a unit in, by the new generation.
    fn pulling(&self, name: &UnitName) -> &[Edge] {
        self.pulling.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a unit is a oneshot after the switch.
    fn is_oneshot(&self, name: &UnitName) -> bool {
        let definition = self.new.definition(name).unwrap_or_default();
        self.service_type(name, &definition) == Some("oneshot")
    }

    /// The `Type=` that a service has after the switch, as far as it can be known.
    fn service_type<'b>(&'b self, name: &UnitName, new: &'b Unit) -> Option<&'b str> {
        if self.new.has_file(name) {
            service_type(name, new)
        } else {
            self.live.get(name)?.service_type.as_deref()
        }
    }

    /// Units that leave the configuration while the manager still remembers their failure.
    fn to_forget(&self) -> Vec<UnitName> {
        let failed = |name: &UnitName| {
            self.live.get(name).is_some_and(|unit| unit.active == crate::live::ActiveState::Failed)
        };
        let gone = |name: &UnitName| self.old.has_file(name) && !self.new.has_file(name);
        self.steps.keys().filter(|name| gone(name) && failed(name)).cloned().collect()
    }
}

/// The order within one batch: what others may need comes first.
fn rank(unit_type: UnitType) -> u8 {
    match unit_type {
        UnitType::Slice => 0,
        UnitType::Mount | UnitType::Automount | UnitType::Swap | UnitType::Device | UnitType::Scope => 1,
        UnitType::Socket => 2,
        UnitType::Service => 3,
        UnitType::Path | UnitType::Timer => 4,
        UnitType::Target => 5,
    }
}

/// The `Type=` of a service, with systemd's defaults (systemd.service(5)).
fn service_type<'a>(name: &UnitName, unit: &'a Unit) -> Option<&'a str> {
    if name.unit_type() != UnitType::Service || unit.sections.is_empty() {
        return None;
    }
    Some(unit.value("Service", "Type").unwrap_or_else(|| {
        if unit.value("Service", "BusName").is_some() {
            "dbus"
        } else if unit.values("Service", "ExecStart").is_empty() {
            "oneshot"
        } else {
            "simple"
        }
    }))
}

#[cfg(test)]
mod tests;
