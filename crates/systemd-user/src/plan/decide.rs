//! What one unit's own difference asks for.

use std::borrow::Cow;

use super::{Action, Planner, Reason, service_type};
use crate::live::{ActiveState, LiveUnit};
use crate::meaning::{Difference, difference};
use crate::name::{UnitName, UnitType};
use crate::unit::Unit;
use crate::unit_set::{Dependency, UnitSet};

/// The outcome for one unit.
pub(super) enum Decision {
    /// It is known what is done.
    Now(Action, Reason),
    /// It depends on what pulls the unit in.
    IfPulled(IfPulled),
}

/// A unit that does not run and may be started.
pub(super) struct IfPulled {
    /// What kind of start it would be.
    pub(super) start: Start,
    /// Why it is left otherwise.
    pub(super) otherwise: Reason,
}

/// Why a unit that does not run might be started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// It is new.
    New,
    /// It is not, so only a new link or a newly started unit that pulls it in is a reason.
    Existing,
    /// It has changed, and was a oneshot before.
    Oneshot,
    /// It has changed and had failed.
    Failed,
    /// It has changed and had an unmet condition.
    Condition,
}

/// How a changed unit that runs is brought up to date.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Reload,
    Restart,
    StopStart,
    KeepOld,
}

impl Planner<'_> {
    pub(super) fn decide(&self, name: &UnitName) -> Decision {
        let inactive = LiveUnit::default();
        let live = self.live.get(name).unwrap_or(&inactive);
        let keep = |reason| Decision::Now(Action::Keep, reason);
        match (self.old.definition(name), self.new.definition(name)) {
            (_, None) if self.new.is_masked(name) => self.gone(name, live, Reason::Masked),
            (Some(_), None) if self.old.has_file(name) => self.gone(name, live, Reason::Removed),
            (Some(_), Some(_)) if live.is_up() && self.is_dropped_instance(name) => {
                self.gone(name, live, Reason::InstanceRemoved)
            }
            // Neither file is here: newly pulled in from elsewhere, or drop-ins came or went.
            (None, None) if live.is_up() => keep(Reason::AlreadyRunning),
            (None, None) => if_pulled(Start::Existing, Reason::UnchangedInactive),
            // Drop-ins alone do not tell what a unit ran by whose file came from elsewhere.
            (_, Some(new)) if !self.old.has_file(name) && self.new.has_file(name) => match &live.definition {
                _ if !live.is_up() && self.resumes(name, &new) => {
                    Decision::Now(Action::Start, Reason::Interrupted)
                }
                _ if !live.is_up() => if_pulled(Start::New, Reason::NotPulledIn),
                Some(running) => match difference(running, &new) {
                    Difference::None => keep(Reason::AlreadyRunning),
                    difference => self.differing(name, live, running, &new, difference),
                },
                None => self.differing(name, live, &Unit::default(), &new, Difference::Restart(Vec::new())),
            },
            (old, new) => {
                let (old, new) = (self.whole(name, live, old), self.whole(name, live, new));
                let difference = difference(&old, &new);
                self.differing(name, live, &old, &new, difference)
            }
        }
    }

    /// A unit with its file, where that comes from elsewhere: it says how the unit is switched, and its settings may
    /// be what a drop-in sets anew.
    fn whole<'u>(&self, name: &UnitName, live: &LiveUnit, unit: Option<Cow<'u, Unit>>) -> Cow<'u, Unit> {
        let unit = unit.unwrap_or_default();
        match &live.fragment {
            Some(fragment) if !self.old.has_file(name) && !self.new.has_file(name) => {
                let mut whole = fragment.clone();
                whole.append(&unit);
                Cow::Owned(whole)
            }
            _ => unit,
        }
    }

    fn gone(&self, name: &UnitName, live: &LiveUnit, reason: Reason) -> Decision {
        if !live.is_up() {
            return Decision::Now(Action::Keep, reason);
        }
        let refuses = |unit: Cow<'_, Unit>| refuses_stop(&unit);
        if self.old.definition(name).is_some_and(refuses) {
            return Decision::Now(Action::Keep, Reason::RefusesStop);
        }
        Decision::Now(Action::Stop, reason)
    }

    fn differing(
        &self,
        name: &UnitName,
        live: &LiveUnit,
        old: &Unit,
        new: &Unit,
        difference: Difference,
    ) -> Decision {
        if live.is_up() {
            self.running(name, live, old, new, difference)
        } else {
            self.not_running(name, live, old, new, &difference)
        }
    }

    fn running(
        &self,
        name: &UnitName,
        live: &LiveUnit,
        old: &Unit,
        new: &Unit,
        difference: Difference,
    ) -> Decision {
        let now = Decision::Now;
        let settings = match difference {
            Difference::None => return now(Action::Keep, Reason::Unchanged),
            Difference::Reload if can_reload(name, new) => {
                return now(Action::Reload, Reason::ReloadTriggers);
            }
            Difference::Reload => None,
            Difference::Restart(settings) => Some(settings),
        };
        let reason = settings.map_or(Reason::CannotReload, Reason::Changed);
        let explicit = method(new);
        let method = match (explicit, name.unit_type()) {
            (Some(Method::Reload), _) if !can_reload(name, new) => Method::Restart,
            (Some(method), _) => method,
            (None, UnitType::Target | UnitType::Slice | UnitType::Scope | UnitType::Device) => {
                return now(Action::Keep, Reason::AppliedByReload);
            }
            (None, UnitType::Timer | UnitType::Path) => Method::Restart,
            (None, _) => Method::StopStart,
        };
        // The manager would start it again by its old definition as soon as it is stopped.
        let method =
            if method == Method::StopStart && self.is_upheld(name) { Method::Restart } else { method };
        if explicit.is_none()
            && live.active == ActiveState::Activating
            && self.service_type(name, new) == Some("oneshot")
            && !self.is_pulled_in_by_active(name)
        {
            return now(Action::Keep, Reason::OneshotRunning);
        }
        // Where it was running anyway, it is now up to a timer, say, when it runs.
        let becomes_oneshot = self.service_type(name, new) == Some("oneshot")
            && self.old_service_type(name, old) != Some("oneshot");
        if explicit.is_none() && becomes_oneshot && !self.is_pulled_in_by_active(name) {
            return self.gone(name, live, Reason::BecameOneshot);
        }
        let (refuses_stop, refuses_start) = (refuses_stop(old), refuses_start(new));
        match method {
            Method::KeepOld => now(Action::Keep, Reason::KeepOld),
            Method::Reload => now(Action::Reload, reason),
            Method::Restart | Method::StopStart if refuses_stop => now(Action::Keep, Reason::RefusesStop),
            Method::Restart | Method::StopStart if refuses_start => {
                now(Action::Stop, Reason::ChangedRefusesStart)
            }
            // The manager checks its new definition when it is asked to restart.
            Method::Restart if self::refuses_stop(new) => now(Action::StopStart, reason),
            Method::Restart => now(Action::Restart, reason),
            Method::StopStart => now(Action::StopStart, reason),
        }
    }

    fn not_running(
        &self,
        name: &UnitName,
        live: &LiveUnit,
        old: &Unit,
        new: &Unit,
        difference: &Difference,
    ) -> Decision {
        let failed = live.active == ActiveState::Failed;
        // A oneshot that ends does not run because it has run, not because somebody has stopped it.
        let ended = ends_by_itself(self.old_service_type(name, old), old);
        if self.resumes(name, new) {
            return Decision::Now(Action::Start, Reason::Interrupted);
        }
        if matches!(difference, Difference::None) {
            let otherwise = if failed { Reason::FailedBefore } else { Reason::UnchangedInactive };
            return if_pulled(Start::Existing, otherwise);
        }
        let start = if failed {
            Start::Failed
        } else if live.condition_failed {
            Start::Condition
        } else if ended && live.active == ActiveState::Inactive {
            Start::Oneshot
        } else {
            Start::Existing
        };
        if_pulled(start, if failed { Reason::ChangedFailed } else { Reason::ChangedInactive })
    }

    /// Whether an instance was in the configuration, and of it only the template is left.
    fn is_dropped_instance(&self, name: &UnitName) -> bool {
        let named = |units: &UnitSet| units.fragment(name).is_some() || units.has_drop_ins(name);
        let was_asked_for = named(self.old) || self.old_edges.iter().any(|edge| edge.to == *name);
        let is_asked_for = named(self.new) || !self.pulling(name).is_empty();
        name.template().is_some() && was_asked_for && !is_asked_for
    }

    /// The `Type=` that a service has before the switch, as far as it can be known.
    fn old_service_type<'b>(&'b self, name: &UnitName, old: &'b Unit) -> Option<&'b str> {
        if self.old.has_file(name) {
            service_type(name, old)
        } else {
            self.live.get(name)?.service_type.as_deref()
        }
    }

    /// Whether the unit ran until a switch that was interrupted stopped it, and can be started again. A oneshot that ends
    /// has no state to go back to.
    fn resumes(&self, name: &UnitName, new: &Unit) -> bool {
        let ends = ends_by_itself(self.service_type(name, new), new);
        self.live.interrupted.contains(name) && !ends && !refuses_start(new)
    }

    /// Whether something that runs upholds the unit, as far as the manager has read.
    fn is_upheld(&self, name: &UnitName) -> bool {
        self.old_edges.iter().any(|edge| {
            edge.to == *name && edge.dependency == Dependency::Upholds && self.live.is_up(&edge.from)
        })
    }

    /// Whether something that runs now pulls the unit in.
    fn is_pulled_in_by_active(&self, name: &UnitName) -> bool {
        self.pulling(name).iter().any(|edge| self.live.is_up(&edge.from))
    }
}

/// Whether a service runs to its end and is inactive then.
fn ends_by_itself(service_type: Option<&str>, unit: &Unit) -> bool {
    service_type == Some("oneshot") && unit.boolean("Service", "RemainAfterExit") != Some(true)
}

fn if_pulled(start: Start, otherwise: Reason) -> Decision {
    Decision::IfPulled(IfPulled { start, otherwise })
}

pub(super) fn refuses_start(unit: &Unit) -> bool {
    unit.boolean("Unit", "RefuseManualStart") == Some(true)
}

pub(super) fn refuses_stop(unit: &Unit) -> bool {
    unit.boolean("Unit", "RefuseManualStop") == Some(true)
}

fn can_reload(name: &UnitName, unit: &Unit) -> bool {
    match name.unit_type() {
        UnitType::Service => {
            !unit.values("Service", "ExecReload").is_empty()
                || unit.value("Service", "Type") == Some("notify-reload")
        }
        UnitType::Mount => true,
        _ => false,
    }
}

/// What the unit itself says about how it is switched. The `X-…IfChanged=` keys are the older
/// spelling and count only where `X-SwitchMethod=` says nothing.
fn method(unit: &Unit) -> Option<Method> {
    match unit.value("Unit", "X-SwitchMethod") {
        Some("reload") => return Some(Method::Reload),
        Some("restart") => return Some(Method::Restart),
        Some("stop-start") => return Some(Method::StopStart),
        Some("keep-old") => return Some(Method::KeepOld),
        _ => {}
    }
    let flag = |key| unit.boolean("Unit", key);
    if flag("X-ReloadIfChanged") == Some(true) {
        Some(Method::Reload)
    } else if flag("X-RestartIfChanged") == Some(false) {
        Some(Method::KeepOld)
    } else if flag("X-StopIfChanged") == Some(false) {
        Some(Method::Restart)
    } else {
        None
    }
}
