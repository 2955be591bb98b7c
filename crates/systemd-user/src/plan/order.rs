//! The order in which units are queued.
//!
//! The manager orders the jobs that it has, but may begin with the first before it has read the call for the next. So
//! what has to come first is asked for first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Step};
use crate::name::UnitName;
use crate::unit_set::UnitSet;

/// Sorts the steps in which something is done by `After=` and `Before=`. Others stay where they are, and so do
/// units without an order between them. What is ordered in a circle is left as it is, which is for the manager to refuse.
pub(super) fn sort(steps: &mut [Step], new: &UnitSet, old: &UnitSet) {
    let places: Vec<usize> = (steps.iter().enumerate())
        .filter(|(_, step)| step.action != Action::Keep)
        .map(|(place, _)| place)
        .collect();
    let moving: Vec<Step> = places.iter().filter_map(|place| steps.get(*place).cloned()).collect();
    let numbers: BTreeMap<&UnitName, usize> =
        moving.iter().enumerate().map(|(number, step)| (&step.unit, number)).collect();
    // What each has to wait for, by their numbers.
    let mut waits: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); moving.len()];
    for (number, step) in moving.iter().enumerate() {
        let Some(unit) = new.definition(&step.unit).or_else(|| old.definition(&step.unit)) else { continue };
        let named = |key| {
            let words = unit.raw_values("Unit", key).flat_map(str::split_whitespace);
            words.filter_map(|word| numbers.get(&UnitName::new(word).ok()?).copied()).collect::<Vec<_>>()
        };
        for earlier in named("After") {
            waits.get_mut(number).map(|waits| waits.insert(earlier));
        }
        for later in named("Before") {
            waits.get_mut(later).map(|waits| waits.insert(number));
        }
    }
    let mut left: BTreeSet<usize> = (0..moving.len()).collect();
    let mut sorted = Vec::new();
    while let Some(first) = left.first().copied() {
        let free = |number: &usize| {
            waits
                .get(*number)
                .is_none_or(|waits| waits.iter().all(|other| other == number || !left.contains(other)))
        };
        let next = left.iter().copied().find(free).unwrap_or(first);
        left.remove(&next);
        sorted.push(next);
    }
    for (place, number) in places.into_iter().zip(sorted) {
        if let (Some(slot), Some(step)) = (steps.get_mut(place), moving.get(number)) {
            *slot = step.clone();
        }
    }
}
