//! How units refer to each other: what is missing, what nothing starts, and what waits for itself.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::specifier;
use crate::name::{UnitName, UnitType};
use crate::unit::Unit;

/// Units that the user manager has by itself or that come with systemd, where their files cannot be looked for.
const KNOWN: &[&str] = &[
    "-.slice",
    "app.slice",
    "background.slice",
    "basic.target",
    "bluetooth.target",
    "capsule@.target",
    "dbus.service",
    "dbus.socket",
    "default.target",
    "exit.target",
    "graphical-session-pre.target",
    "graphical-session.target",
    "init.scope",
    "paths.target",
    "printer.target",
    "session.slice",
    "shutdown.target",
    "smartcard.target",
    "sockets.target",
    "sound.target",
    "systemd-exit.service",
    "systemd-tmpfiles-clean.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-tmpfiles-setup.service",
    "timers.target",
    "xdg-desktop-autostart.target",
];

/// Targets of the system's manager that are often written in units of a user.
const SYSTEM: &[(&str, Option<&str>)] = &[
    ("multi-user.target", Some("default.target")),
    ("graphical.target", Some("graphical-session.target")),
    ("network.target", None),
    ("network-online.target", None),
    ("network-pre.target", None),
    ("nss-lookup.target", None),
    ("nss-user-lookup.target", None),
    ("time-sync.target", None),
    ("local-fs.target", None),
    ("remote-fs.target", None),
    ("sysinit.target", Some("basic.target")),
    ("getty.target", None),
    ("rescue.target", None),
    ("reboot.target", None),
    ("poweroff.target", None),
    ("halt.target", None),
    ("suspend.target", None),
    ("hibernate.target", None),
    ("sleep.target", None),
    ("cryptsetup.target", None),
    ("swap.target", None),
    ("user.target", Some("default.target")),
];

/// Units that systemd makes from other things: their files are nowhere.
const MADE: [UnitType; 3] = [UnitType::Device, UnitType::Scope, UnitType::Slice];

/// What is known of a unit that somebody refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Yes,
    /// It is one of the system's manager; the user's that is nearest.
    System(Option<&'static str>),
    No,
}

/// The names that references may lead to.
pub(super) struct Names<'a> {
    /// Of the set itself: files, aliases, masks, drop-ins, and what folders such as `x.target.wants` are for.
    pub(super) own: BTreeSet<UnitName>,
    /// Names that units of the set give themselves (`Alias=`).
    pub(super) aliases: BTreeSet<UnitName>,
    /// Where units of others lie.
    pub(super) dirs: &'a [PathBuf],
    /// Stores: a link into one of them is a unit of the generation before.
    pub(super) stores: &'a [PathBuf],
}

impl Names<'_> {
    /// Whether there is a unit of this name, or a template for it.
    pub(super) fn know(&self, name: &UnitName) -> Known {
        let here = |name: &UnitName| {
            self.own.contains(name)
                || self.aliases.contains(name)
                || KNOWN.binary_search(&name.as_str()).is_ok()
        };
        let there = |name: &UnitName| self.dirs.iter().any(|dir| self.is_others(&dir.join(name.as_str())));
        let template = name.template();
        if MADE.contains(&name.unit_type())
            || here(name)
            || template.as_ref().is_some_and(here)
            || there(name)
            || template.as_ref().is_some_and(there)
        {
            return Known::Yes;
        }
        match SYSTEM.iter().find(|(system, _)| *system == name.as_str()) {
            Some((_, instead)) => Known::System(*instead),
            None => Known::No,
        }
    }

    fn is_others(&self, path: &Path) -> bool {
        match path.read_link() {
            Ok(target) => !self.stores.iter().any(|store| target.starts_with(store)),
            // It is no link, or is not there.
            Err(_) => path.exists(),
        }
    }

    /// The known name nearest to one that there is not.
    pub(super) fn nearest(&self, name: &UnitName) -> Option<&str> {
        let own = self.own.iter().map(UnitName::as_str).filter(|own| *own != name.as_str());
        crate::suggest::nearest(name.as_str(), own.chain(KNOWN.iter().copied()))
    }
}

/// The unit that a timer, path or socket starts, and the directive that says so; `None` for other types, for sockets that
/// start an instance for each connection, and where specifiers are in the name.
pub(super) fn triggered(name: &UnitName, unit: &Unit) -> Option<(UnitName, Option<&'static str>)> {
    let (section, directive) = match name.unit_type() {
        UnitType::Timer => ("Timer", "Unit"),
        UnitType::Path => ("Path", "Unit"),
        UnitType::Socket => ("Socket", "Service"),
        UnitType::Automount => return Some((name.with_type(UnitType::Mount), None)),
        _ => return None,
    };
    match unit.value(section, directive) {
        Some(written) if specifier::any(written) => None,
        Some(written) => UnitName::new(written).ok().map(|unit| (unit, Some(directive))),
        None if name.unit_type() == UnitType::Socket && unit.boolean("Socket", "Accept") == Some(true) => {
            UnitName::new(format!("{}@.service", name.prefix())).ok().map(|unit| (unit, None))
        }
        None => Some((name.with_type(UnitType::Service), None)),
    }
}

/// Directives by which one unit has another started, beside those that trigger.
pub(super) const STARTERS: [&str; 7] =
    ["Wants", "Requires", "BindsTo", "Upholds", "OnFailure", "OnSuccess", "Requisite"];

/// The units that the set's units wait for before they start, as far as both are in it.
#[derive(Debug, Default)]
pub(super) struct Order<'a> {
    /// Unit -> those it starts after, with the directive that says so.
    after: BTreeMap<&'a UnitName, BTreeMap<&'a UnitName, &'static str>>,
}

/// A step of a cycle: the unit, and why it starts after the next one.
pub(super) type Step = (UnitName, &'static str);

impl<'a> Order<'a> {
    /// Gathers what the units say, and what systemd adds by itself.
    pub(super) fn of(units: &'a BTreeMap<UnitName, Cow<'_, Unit>>) -> Self {
        let mut order = Self::default();
        for (name, unit) in units {
            for (directive, reverse) in [("After", false), ("Before", true)] {
                for word in unit.raw_values("Unit", directive).flat_map(str::split_whitespace) {
                    let Ok(other) = UnitName::new(word) else { continue };
                    let Some((other, _)) = units.get_key_value(&other) else { continue };
                    match reverse {
                        false => order.add(name, other, directive),
                        true => order.add(other, name, directive),
                    }
                }
            }
            if let Some((service, _)) = triggered(name, unit)
                && let Some((service, _)) = units.get_key_value(&service)
            {
                order.add(service, name, "Unit");
            }
            // A target starts after what it pulls in, unless one of the two says no.
            let defaults = |unit: &Unit| unit.boolean("Unit", "DefaultDependencies") != Some(false);
            if name.unit_type() == UnitType::Target && defaults(unit) {
                let pulled = ["Wants", "Requires", "BindsTo", "Requisite", "Upholds"];
                for word in pulled
                    .iter()
                    .flat_map(|directive| unit.raw_values("Unit", directive))
                    .flat_map(str::split_whitespace)
                {
                    let Ok(other) = UnitName::new(word) else { continue };
                    if let Some((other, other_unit)) = units.get_key_value(&other)
                        && defaults(other_unit)
                        && !order.after.get(other).is_some_and(|after| after.contains_key(name))
                    {
                        order.add(name, other, "Wants");
                    }
                }
            }
        }
        order
    }

    fn add(&mut self, unit: &'a UnitName, after: &'a UnitName, why: &'static str) {
        if unit != after {
            self.after.entry(unit).or_default().entry(after).or_insert(why);
        }
    }

    /// Cycles, each once: the first is that of the first unit by name.
    pub(super) fn cycles(&self) -> Vec<Vec<Step>> {
        // 1: on the way, 2: done.
        let mut state: BTreeMap<&UnitName, u8> = BTreeMap::new();
        let mut found = Vec::new();
        for start in self.after.keys() {
            if state.contains_key(start) {
                continue;
            }
            let mut way: Vec<(&UnitName, &'static str)> = vec![(start, "")];
            let mut open: Vec<Vec<(&UnitName, &'static str)>> = vec![self.next(start)];
            state.insert(start, 1);
            while let Some(candidates) = open.last_mut() {
                let Some((next, why)) = candidates.pop() else {
                    open.pop();
                    if let Some((done, _)) = way.pop() {
                        state.insert(done, 2);
                    }
                    continue;
                };
                match state.get(next) {
                    Some(1) => {
                        let from = way.iter().position(|(unit, _)| *unit == next).unwrap_or(0);
                        let mut cycle: Vec<Step> = Vec::new();
                        let steps: Vec<&(&UnitName, &'static str)> = way.iter().skip(from).collect();
                        for (index, (unit, _)) in steps.iter().enumerate() {
                            let leads = steps.get(index + 1).map_or(why, |(_, why)| *why);
                            cycle.push(((*unit).clone(), leads));
                        }
                        found.push(cycle);
                    }
                    Some(_) => {}
                    None => {
                        state.insert(next, 1);
                        way.push((next, why));
                        open.push(self.next(next));
                    }
                }
            }
        }
        found
    }

    /// What a unit waits for, last name first, as it is taken from the end.
    fn next(&self, unit: &UnitName) -> Vec<(&'a UnitName, &'static str)> {
        self.after.get(unit).into_iter().flatten().rev().map(|(after, why)| (*after, *why)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_units_are_sorted() {
        assert!(KNOWN.is_sorted(), "they are searched by halves");
    }

    #[test]
    fn cycles() {
        let unit = |text: &str| Cow::Owned(Unit::parse(text).0);
        let name = |text: &str| UnitName::new(text).unwrap();
        let units = BTreeMap::from([
            (name("a.service"), unit("[Unit]\nAfter=b.service\n")),
            (name("b.service"), unit("[Unit]\nAfter=c.service\n")),
            (name("c.service"), unit("[Unit]\nBefore=d.service\nAfter=a.service\n")),
            (name("d.service"), unit("[Unit]\nAfter=a.service\n")),
            (name("e.timer"), unit("[Unit]\nAfter=e.service\n")),
            (name("e.service"), unit("")),
        ]);
        let shown: Vec<Vec<String>> = Order::of(&units)
            .cycles()
            .into_iter()
            .map(|cycle| cycle.into_iter().map(|(unit, why)| format!("{unit} {why}")).collect())
            .collect();
        assert_eq!(
            shown,
            [
                vec!["a.service After", "b.service After", "c.service After"],
                vec!["e.service Unit", "e.timer After"],
            ]
        );
    }
}
