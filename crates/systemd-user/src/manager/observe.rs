//! Asking the manager what it has loaded and runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use super::link::{Call, Reply};
use super::properties::unit_path;
use super::{CALL_LIMIT, Manager, SERVICE, UNIT};
use crate::error::Error;
use crate::live::{ActiveState, LiveState, LiveUnit};
use crate::meaning::{Difference, difference};
use crate::name::{UnitName, UnitType};
use crate::unit::Unit;
use crate::unit_set::{UnitSet, read_unit};

/// One unit in the answer to `ListUnits`: name, description, load state, active state, sub state,
/// the unit it follows, its object, and its job's number, type and object.
type Listed = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// The properties that name the units which systemd stops along with a unit.
const STOPPED_ALONG: [&str; 4] = ["RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf"];

impl Manager {
    /// What runs, in as much detail as planning the way from `old` to `new` takes: the states of all
    /// units that are loaded, and more of those that differ between the two sets.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn live_state(&mut self, old: &UnitSet, new: &UnitSet) -> Result<LiveState, Error> {
        let mut state =
            LiveState { units: self.list_units(Instant::now() + CALL_LIMIT)?, ..LiveState::default() };
        let mut names = old.names();
        names.extend(new.names());
        let templated: BTreeSet<UnitName> = state
            .units
            .keys()
            .filter(|name| name.template().is_some_and(|template| names.contains(&template)))
            .cloned()
            .collect();
        names.extend(templated);
        names.retain(|name| state.units.contains_key(name));

        let differing: Vec<UnitName> = names.iter().filter(|name| differs(name, old, new)).cloned().collect();
        if !differing.is_empty() {
            state.own = self.own_unit()?;
        }
        self.look_up_definitions(&mut state, &differing, old)?;
        self.look_up_foreign(&mut state, &differing, old, new)?;
        self.look_up_fragments(&mut state, &differing, old, new)?;
        self.look_up_conditions(&mut state, &differing)?;
        let stopped: Vec<UnitName> = differing.into_iter().chain(conflicting(new)).collect();
        self.look_up_dependents(&mut state, &stopped, new)?;
        // If the sets differ, the manager has to read its files anyway.
        if old.same_units(new) {
            self.look_up_reload_needs(&mut state, names.into_iter().collect())?;
        }
        Ok(state)
    }

    pub(super) fn list_units(&mut self, deadline: Instant) -> Result<BTreeMap<UnitName, LiveUnit>, Error> {
        let listed: Vec<Listed> = self.ask_until(Call::manager("ListUnits", &())?, deadline)?;
        let units = listed.into_iter().filter_map(|(name, _, _, active, sub, _, _, job, job_type, _)| {
            let unit = LiveUnit {
                active: ActiveState::parse(&active),
                sub,
                job: (job != 0).then_some(job_type),
                ..LiveUnit::default()
            };
            Some((UnitName::new(name).ok()?, unit))
        });
        Ok(units.collect())
    }

    /// The unit that this process belongs to.
    fn own_unit(&mut self) -> Result<Option<UnitName>, Error> {
        // Zero stands for whoever asks.
        let path: OwnedObjectPath = match self.ask(Call::manager("GetUnitByPID", &0_u32)?) {
            Ok(path) => path,
            // It is none of this manager's, as in a session that a display manager or a login over the network began.
            Err(Error::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let call = Call::get(path.as_str(), UNIT, "Id")?;
        let id: OwnedValue = self.ask(call)?;
        Ok(String::try_from(id).ok().and_then(|id| UnitName::new(id).ok()))
    }

    /// Reads what units run by that the old generation does not account for.
    fn look_up_definitions(
        &mut self,
        state: &mut LiveState,
        names: &[UnitName],
        old: &UnitSet,
    ) -> Result<(), Error> {
        let unaccounted: Vec<UnitName> =
            names.iter().filter(|name| state.is_up(name) && !old.has_file(name)).cloned().collect();
        let stale: Vec<Option<bool>> = self.unit_property(&unaccounted, "NeedDaemonReload")?;
        let fragments: Vec<Option<String>> = self.unit_property(&unaccounted, "FragmentPath")?;
        let drop_ins: Vec<Option<Vec<String>>> = self.unit_property(&unaccounted, "DropInPaths")?;
        let found = unaccounted.iter().zip(stale).zip(fragments).zip(drop_ins);
        for (((name, stale), fragment), drop_ins) in found {
            let Some(unit) = state.units.get_mut(name) else { continue };
            unit.need_daemon_reload = stale.unwrap_or(true);
            if !unit.need_daemon_reload {
                unit.definition = read_definition(fragment.unwrap_or_default(), drop_ins.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Asks for what the new generation cannot tell about units whose files are elsewhere: those with
    /// drop-ins here, and those that are newly pulled in. Asking loads them, as starting would.
    fn look_up_foreign(
        &mut self,
        state: &mut LiveState,
        differing: &[UnitName],
        old: &UnitSet,
        new: &UnitSet,
    ) -> Result<(), Error> {
        let (old_edges, new_edges) = (old.edges(), new.edges());
        let pulled = new_edges.difference(&old_edges).map(|edge| &edge.to);
        let foreign = |name: &&UnitName| !name.is_template() && !new.has_file(name);
        let names: BTreeSet<UnitName> = differing.iter().chain(pulled).filter(foreign).cloned().collect();
        let names: Vec<UnitName> = names.into_iter().collect();
        let loads: Vec<Option<String>> = self.unit_property(&names, "LoadState")?;
        let refusals: Vec<Option<bool>> = self.unit_property(&names, "RefuseManualStart")?;
        // Units of other types do not have this property.
        let types: Vec<Option<String>> = self.interface_property(&names, SERVICE, "Type")?;
        for (((name, load), refuses), service_type) in names.into_iter().zip(loads).zip(refusals).zip(types) {
            let unit = state.units.entry(name).or_default();
            unit.missing = load.as_deref() == Some("not-found");
            unit.refuses_start = refuses == Some(true);
            unit.service_type = service_type;
        }
        Ok(())
    }

    /// Reads the files of units from elsewhere, whose drop-ins differ.
    fn look_up_fragments(
        &mut self,
        state: &mut LiveState,
        differing: &[UnitName],
        old: &UnitSet,
        new: &UnitSet,
    ) -> Result<(), Error> {
        let foreign = |name: &&UnitName| !old.has_file(name) && !new.has_file(name);
        let names: Vec<UnitName> = differing.iter().filter(foreign).cloned().collect();
        let fragments: Vec<Option<String>> = self.unit_property(&names, "FragmentPath")?;
        for (name, fragment) in names.iter().zip(fragments) {
            if let (Some(unit), Some(fragment)) = (state.units.get_mut(name), fragment) {
                unit.fragment = read_definition(fragment, Vec::new());
            }
        }
        Ok(())
    }

    fn look_up_conditions(&mut self, state: &mut LiveState, names: &[UnitName]) -> Result<(), Error> {
        let inactive: Vec<UnitName> = names
            .iter()
            .filter(|name| state.get(name).is_some_and(|unit| unit.active == ActiveState::Inactive))
            .cloned()
            .collect();
        let results: Vec<Option<bool>> = self.unit_property(&inactive, "ConditionResult")?;
        let checked: Vec<Option<u64>> = self.unit_property(&inactive, "ConditionTimestampMonotonic")?;
        for ((name, result), checked) in inactive.iter().zip(results).zip(checked) {
            if let Some(unit) = state.units.get_mut(name) {
                unit.condition_failed = result == Some(false) && checked.is_some_and(|time| time != 0);
            }
        }
        Ok(())
    }

    /// Finds what goes down together with the units that may be stopped, and with these in turn.
    fn look_up_dependents(
        &mut self,
        state: &mut LiveState,
        names: &[UnitName],
        new: &UnitSet,
    ) -> Result<(), Error> {
        let mut next: BTreeSet<UnitName> = names.iter().cloned().collect();
        // The service of a changed socket is stopped too.
        next.extend(names.iter().filter(|name| name.unit_type() == UnitType::Socket).map(|socket| {
            let unit = new.definition(socket).unwrap_or_default();
            let service = unit.value("Socket", "Service").and_then(|service| UnitName::new(service).ok());
            service.unwrap_or_else(|| socket.with_type(UnitType::Service))
        }));
        let mut seen = BTreeSet::new();
        loop {
            let round: Vec<UnitName> =
                next.iter().filter(|name| state.is_up(name) && !seen.contains(*name)).cloned().collect();
            if round.is_empty() {
                return Ok(());
            }
            next.clear();
            let mut dependents: BTreeMap<UnitName, BTreeSet<UnitName>> = BTreeMap::new();
            for property in STOPPED_ALONG {
                let lists: Vec<Option<Vec<String>>> = self.unit_property(&round, property)?;
                for (name, list) in round.iter().zip(lists) {
                    let units =
                        list.unwrap_or_default().into_iter().filter_map(|unit| UnitName::new(unit).ok());
                    dependents
                        .entry(name.clone())
                        .or_default()
                        .extend(units.filter(|unit| state.is_up(unit)));
                }
            }
            let found: BTreeSet<UnitName> = dependents.values().flatten().cloned().collect();
            let found: Vec<UnitName> = found.into_iter().collect();
            let refusals: Vec<Option<bool>> = self.unit_property(&found, "RefuseManualStart")?;
            for (name, refuses) in found.iter().zip(refusals) {
                if let Some(unit) = state.units.get_mut(name) {
                    unit.refuses_start = refuses == Some(true);
                }
            }
            seen.extend(round);
            for (name, dependents) in dependents {
                next.extend(dependents.iter().cloned());
                if let Some(unit) = state.units.get_mut(&name) {
                    unit.dependents = dependents.into_iter().collect();
                }
            }
        }
    }

    fn look_up_reload_needs(&mut self, state: &mut LiveState, names: Vec<UnitName>) -> Result<(), Error> {
        let needs: Vec<Option<bool>> = self.unit_property(&names, "NeedDaemonReload")?;
        for (name, need) in names.iter().zip(needs) {
            if let Some(unit) = state.units.get_mut(name) {
                unit.need_daemon_reload = need == Some(true);
            }
        }
        Ok(())
    }

    /// One property of each of the units, in one round trip. `None` for a unit that does not have it.
    pub(super) fn unit_property<T: TryFrom<OwnedValue>>(
        &mut self,
        units: &[UnitName],
        property: &str,
    ) -> Result<Vec<Option<T>>, Error> {
        self.interface_property(units, UNIT, property)
    }

    /// As [`unit_property`](Self::unit_property), of an interface that only some units have.
    pub(super) fn interface_property<T: TryFrom<OwnedValue>>(
        &mut self,
        units: &[UnitName],
        interface: &str,
        property: &str,
    ) -> Result<Vec<Option<T>>, Error> {
        let calls = units
            .iter()
            .map(|unit| Call::get(&unit_path(unit), interface, property))
            .collect::<Result<Vec<_>, _>>()?;
        let replies = self.link.call_all(calls, Instant::now() + CALL_LIMIT)?;
        replies
            .into_iter()
            .map(|reply| match reply {
                Reply::Answer(message) => Ok(message
                    .body()
                    .deserialize::<OwnedValue>()
                    .ok()
                    .and_then(|value| T::try_from(value).ok())),
                Reply::Refused { .. } => Ok(None),
                Reply::Silence => {
                    Err(Error::Silent { call: format!("Get {property}"), seconds: CALL_LIMIT.as_secs_f64() })
                }
            })
            .collect()
    }
}

/// Whether a unit that is loaded may be touched by a switch.
fn differs(name: &UnitName, old: &UnitSet, new: &UnitSet) -> bool {
    match (old.definition(name), new.definition(name)) {
        (Some(old), Some(new)) => difference(&old, &new) != Difference::None,
        (None, None) => new.is_masked(name) && !old.is_masked(name),
        _ => true,
    }
}

/// The units that conflict with others, and these: one of each pair may be stopped.
fn conflicting(new: &UnitSet) -> BTreeSet<UnitName> {
    let mut found = BTreeSet::new();
    for name in new.names() {
        let unit = new.definition(&name).unwrap_or_default();
        let words = unit.raw_values("Unit", "Conflicts").flat_map(str::split_whitespace);
        let others: Vec<UnitName> = words.filter_map(|word| UnitName::new(word).ok()).collect();
        if !others.is_empty() {
            found.insert(name);
            found.extend(others);
        }
    }
    found
}

fn read_definition(fragment: String, drop_ins: Vec<String>) -> Option<Unit> {
    if fragment.is_empty() {
        return None;
    }
    let mut unit = read_unit(Path::new(&fragment)).ok()?;
    for path in drop_ins {
        unit.append(&read_unit(Path::new(&path)).ok()?);
    }
    Some(unit)
}
