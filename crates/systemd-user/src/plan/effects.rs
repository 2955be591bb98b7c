//! What the steps for some units mean for others: what a started unit pulls in, what holds a
//! changed socket, what systemd stops along with a stopped unit.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::{IfPulled, Start, refuses_start, refuses_stop};
use super::{Action, Planner, Reason};
use crate::name::{UnitName, UnitType};

impl Planner<'_> {
    /// Decides about the units that do not run. One that is started may pull in others, so this goes
    /// on until nothing changes.
    pub(super) fn start_what_is_pulled_in(&mut self, mut pending: BTreeMap<UnitName, IfPulled>) {
        loop {
            let started: Vec<(UnitName, Reason)> = pending
                .iter()
                .filter_map(|(name, pulled)| Some((name.clone(), self.reason_to_start(name, pulled.start)?)))
                .collect();
            if started.is_empty() {
                break;
            }
            for (name, reason) in started {
                pending.remove(&name);
                let refuses = match self.new.definition(&name) {
                    Some(unit) if self.new.has_file(&name) => refuses_start(&unit),
                    _ => self.live.get(&name).is_some_and(|live| live.refuses_start),
                };
                let step =
                    if refuses { (Action::Keep, Reason::RefusesStart) } else { (Action::Start, reason) };
                self.steps.insert(name, step);
            }
        }
        for (name, pulled) in pending {
            // Of a unit from elsewhere there is nothing to say unless something is done to it.
            if self.old.definition(&name).is_none() && self.new.definition(&name).is_none() {
                continue;
            }
            self.steps.insert(name, (Action::Keep, pulled.otherwise));
        }
    }

    fn reason_to_start(&self, name: &UnitName, start: Start) -> Option<Reason> {
        if matches!(name.unit_type(), UnitType::Device | UnitType::Scope) {
            return None;
        }
        // What comes from elsewhere may not be there, which is no failure; and the manager starts it by
        // itself along with what pulls it in, if that is started.
        let foreign = !self.new.has_file(name);
        if foreign && self.live.get(name).is_some_and(|live| live.missing) {
            return None;
        }
        let mut pulling = self.pulling(name).iter().filter_map(|edge| {
            let step = self.steps.get(&edge.from).map(|(action, _)| *action);
            let starting = step == Some(Action::Start);
            let up = (starting && !foreign) || (self.live.is_up(&edge.from) && step != Some(Action::Stop));
            let news = starting || !self.old_edges.contains(edge);
            (up && (start != Start::Existing || news)).then(|| edge.from.clone())
        });
        let by = pulling.next()?;
        Some(match start {
            Start::New => Reason::New { by },
            Start::Existing => Reason::NewlyPulledIn { by },
            Start::Oneshot if self.is_oneshot(name) => Reason::OneshotChanged { by },
            Start::Oneshot => Reason::WasOneshot { by },
            Start::Failed => Reason::FailedAndChanged { by },
            Start::Condition => Reason::ConditionAndChanged { by },
        })
    }

    /// Decides that what an interrupted switch stopped for others' sake comes back as well.
    pub(super) fn resume_what_was_interrupted(&mut self) {
        for name in &self.live.interrupted {
            let live = self.live.get(name);
            let foreign = !self.steps.contains_key(name);
            if foreign && !live.is_some_and(|live| live.is_up() || live.missing || live.refuses_start) {
                self.steps.insert(name.clone(), (Action::Start, Reason::Interrupted));
            }
        }
    }

    /// A socket cannot be started while its service runs, which holds the old one. So the service is
    /// stopped as well and comes back behind the new socket.
    pub(super) fn stop_services_of_sockets(&mut self) {
        let sockets: Vec<(UnitName, Action)> = self
            .steps
            .iter()
            .filter(|(name, _)| name.unit_type() == UnitType::Socket)
            .map(|(name, (action, _))| (name.clone(), *action))
            .filter(|(_, action)| matches!(action, Action::Start | Action::Restart | Action::StopStart))
            .collect();
        for (socket, action) in sockets {
            let unit = self.new.definition(&socket).unwrap_or_default();
            // With Accept=yes each connection has an instance of its own, which owns it.
            if unit.boolean("Socket", "Accept") == Some(true) {
                continue;
            }
            let service = unit
                .value("Socket", "Service")
                .and_then(|name| UnitName::new(name).ok())
                .unwrap_or_else(|| socket.with_type(UnitType::Service));
            if !self.live.is_up(&service) {
                continue;
            }
            if action == Action::Restart
                && let Some(step) = self.steps.get_mut(&socket)
            {
                step.0 = Action::StopStart;
            }
            self.stop_and_start(service, Reason::SocketChanged(socket));
        }
    }

    /// systemd stops what conflicts with a unit that is started. That is done beforehand, by the old definition, and
    /// does not come as a surprise.
    pub(super) fn stop_what_conflicts(&mut self) {
        let started: Vec<UnitName> = self
            .steps
            .iter()
            .filter(|(_, (action, _))| matches!(action, Action::Start | Action::Restart | Action::StopStart))
            .map(|(name, _)| name.clone())
            .collect();
        for name in started {
            let mut conflicting = self.conflicts(&name);
            let others = self.steps.iter().filter(|(_, (action, _))| *action == Action::Keep);
            conflicting.extend(
                others
                    .map(|(other, _)| other)
                    .filter(|other| self.live.is_up(other) && self.conflicts(other).contains(&name))
                    .cloned(),
            );
            for other in conflicting {
                let kept = self.steps.get(&other).is_none_or(|(action, _)| *action == Action::Keep);
                let unit = self.old.definition(&other).unwrap_or_default();
                if other != name && kept && self.live.is_up(&other) && !refuses_stop(&unit) {
                    self.steps.insert(other, (Action::Stop, Reason::ConflictsWith(name.clone())));
                }
            }
        }
    }

    /// What a unit says that it conflicts with.
    fn conflicts(&self, name: &UnitName) -> Vec<UnitName> {
        let unit = self.new.definition(name).unwrap_or_default();
        let words = unit.raw_values("Unit", "Conflicts").flat_map(str::split_whitespace);
        words.filter_map(|word| UnitName::new(word).ok()).collect()
    }

    /// Leaves alone what cannot be stopped without the switch itself being stopped: the unit that it runs in, and
    /// what that depends on.
    pub(super) fn spare_this_switch(&mut self) {
        let Some(own) = &self.live.own else { return };
        let mut spared = vec![own.clone()];
        let mut seen = BTreeSet::new();
        while let Some(name) = spared.pop() {
            if let Some((action, reason)) = self.steps.get_mut(&name)
                && (stops(*action) || *action == Action::Restart)
            {
                let why =
                    if name == *own { Reason::RunsThisSwitch } else { Reason::HoldsThisSwitch(own.clone()) };
                (*action, *reason) = (Action::Keep, why);
            }
            let needed = self
                .live
                .units
                .iter()
                .filter(|(_, unit)| unit.dependents.contains(&name))
                .map(|(needed, _)| needed);
            spared.extend(needed.filter(|needed| !seen.contains(*needed)).cloned());
            seen.insert(name);
        }
    }

    /// systemd stops what requires or is part of a unit along with it, and does not start that again.
    pub(super) fn bring_dependents_back(&mut self) {
        self.restart_what_holds_unstartable_units();
        let mut stopped: Vec<UnitName> = self
            .steps
            .iter()
            .filter(|(name, (action, _))| stops(*action) && self.live.is_up(name))
            .map(|(name, _)| name.clone())
            .collect();
        while let Some(name) = stopped.pop() {
            let Some(live) = self.live.get(&name) else { continue };
            let comes_back = self.steps.get(&name).is_some_and(|(action, _)| *action == Action::StopStart);
            for dependent in live.dependents.clone() {
                let planned = self.steps.get(&dependent).map(|(action, _)| *action);
                if !self.live.is_up(&dependent) || planned.is_some_and(stops) {
                    continue;
                }
                // Without what it depends on it could not start again. A target is held together by
                // links, and the new generation has none to a unit that is gone.
                if comes_back || dependent.unit_type() == UnitType::Target || !self.depends(&dependent, &name)
                {
                    self.stop_and_start(dependent.clone(), Reason::StoppedWith(name.clone()));
                } else {
                    let reason = Reason::RequirementRemoved(name.clone());
                    self.steps.insert(dependent.clone(), (Action::Stop, reason));
                }
                stopped.push(dependent);
            }
        }
    }

    /// What goes down with a unit and refuses to be started by hand, such as `graphical-session.target`,
    /// could not be brought back. A restart in one job keeps it up, so that is what such a unit gets.
    fn restart_what_holds_unstartable_units(&mut self) {
        let live = self.live;
        let unstartable =
            |name: &UnitName| live.is_up(name) && live.get(name).is_some_and(|unit| unit.refuses_start);
        for (name, (action, reason)) in &mut self.steps {
            let holds = live.get(name).is_some_and(|unit| unit.dependents.iter().any(unstartable));
            if *action == Action::StopStart && holds && !matches!(reason, Reason::SocketChanged(_)) {
                *action = Action::Restart;
            }
        }
    }

    /// Whether the unit still names the other as something it depends on. One that is not defined
    /// here has not changed, so it does.
    fn depends(&self, unit: &UnitName, on: &UnitName) -> bool {
        let Some(definition) = self.new.definition(unit) else { return true };
        ["Requires", "Requisite", "BindsTo", "PartOf"].into_iter().any(|key| {
            definition.raw_values("Unit", key).flat_map(str::split_whitespace).any(|word| word == on.as_str())
        }) || self.pulling(on).iter().any(|edge| edge.from == *unit)
            || !self.new.has_file(unit)
    }

    /// Makes sure that a running unit is stopped first and started afterwards. A reason of its own
    /// to do so or to restart is kept.
    fn stop_and_start(&mut self, name: UnitName, reason: Reason) {
        match self.steps.get_mut(&name) {
            Some((action, _)) if stops(*action) => {}
            Some((action, own)) => {
                if *action != Action::Restart {
                    *own = reason;
                }
                *action = Action::StopStart;
            }
            None => {
                self.steps.insert(name, (Action::StopStart, reason));
            }
        }
    }
}

fn stops(action: Action) -> bool {
    matches!(action, Action::Stop | Action::StopStart)
}
