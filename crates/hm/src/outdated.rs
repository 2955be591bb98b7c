//! Units that run by an older definition than that of the current generation.
//!
//! A switch leaves a unit running that asks for it (`X-RestartIfChanged=false`), that refuses to be stopped, or all of
//! them where no manager was in reach. What such a unit runs by is the definition in the generation that was current when
//! it was started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hm_generation::{Generation, History, HomeEnv};
use serde::Serialize;
use systemd_user::manager::UnitStatus;
use systemd_user::meaning::{Difference, difference};
use systemd_user::plan::Reason;
use systemd_user::{Action, LiveState, LiveUnit, SwitchPlan, UnitName, UnitSet, plan};

use crate::home::unit_dir;

/// By what a unit runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outdated {
    /// The generation that was current when the unit was started.
    pub(crate) generation: u64,
    /// The settings that are others now, as `Section.Key`.
    pub(crate) settings: Vec<String>,
}

/// Which units of the current generation run by an older definition, of those that the manager tells of.
pub(crate) fn among(
    home: &HomeEnv,
    current: &Path,
    units: &UnitSet,
    states: &BTreeMap<UnitName, UnitStatus>,
) -> BTreeMap<UnitName, Outdated> {
    let history = History::read(home);
    let mut by_start: BTreeMap<(u64, PathBuf), Vec<&UnitStatus>> = BTreeMap::new();
    for state in states.values().filter(|state| state.active.is_up()) {
        // A unit that was started before anything is known of may run by anything.
        let Some(side) = state.started_monotonic.and_then(|started| history.at(started)) else { continue };
        if side.path != current {
            by_start.entry((side.id, side.path.clone())).or_default().push(state);
        }
    }
    let mut outdated = BTreeMap::new();
    for ((id, path), states) in by_start {
        let Some(then) = units_of(&path) else { continue };
        let live = |state: &&UnitStatus| {
            let unit =
                LiveUnit { active: state.active.clone(), sub: state.sub.clone(), ..LiveUnit::default() };
            (state.unit.clone(), unit)
        };
        let live = LiveState { units: states.iter().map(live).collect(), ..LiveState::default() };
        let plan = plan(&then, units, &live);
        for state in states {
            if let Some(settings) = differing(&state.unit, &then, units, &plan) {
                outdated.insert(state.unit.clone(), Outdated { generation: id, settings });
            }
        }
    }
    outdated
}

/// Whether the manager, which read its files at `read_at`, would find others there now. It does not notice by itself: it
/// goes by the times of files, and in a store all have the same.
pub(crate) fn is_unread(home: &HomeEnv, current: &Path, units: &UnitSet, read_at: u64) -> bool {
    let history = History::read(home);
    let Some(side) = history.at(read_at).filter(|side| side.path != current) else { return false };
    let Some(read) = units_of(&side.path) else { return false };
    !read.same_units(units)
}

/// The units of an earlier generation. One that was removed tells nothing any more.
fn units_of(generation: &Path) -> Option<UnitSet> {
    UnitSet::read_dir(&unit_dir(&Generation::read(generation).ok()?)).ok()
}

/// The settings of a running unit that only a restart would take over, where a switch from `then` to `now` would restart it
/// or leave it as it is.
fn differing(name: &UnitName, then: &UnitSet, now: &UnitSet, plan: &SwitchPlan) -> Option<Vec<String>> {
    let new = now.definition(name)?;
    let old = match then.definition(name) {
        // It was not one of hm's then, and ran by what somebody else had there.
        None if now.has_file(name) => return None,
        old => old.unwrap_or_default(),
    };
    let Difference::Restart(settings) = difference(&old, &new) else { return None };
    let step = plan.steps.iter().find(|step| step.unit == *name)?;
    // Its author says that a reload does, or the manager's own has been enough.
    let settled = step.action == Action::Reload || step.reason == Reason::AppliedByReload;
    (!settled).then_some(settings)
}

#[cfg(test)]
mod tests {
    use systemd_user::unit_set::Fragment;
    use systemd_user::{ActiveState, Unit};

    use super::*;

    #[track_caller]
    fn check(unit: &str, then: Option<&str>, now: Option<&str>, expected: Option<&[&str]>) {
        let name = UnitName::new(unit).unwrap();
        let set = |text: Option<&str>| {
            let mut set = UnitSet::default();
            if let Some(text) = text {
                set.insert(name.clone(), Fragment::File(Unit::parse(text).0));
            }
            set
        };
        let (then, now) = (set(then), set(now));
        let mut live = LiveState::default();
        live.units.insert(name.clone(), LiveUnit { active: ActiveState::Active, ..LiveUnit::default() });
        let found = differing(&name, &then, &now, &plan(&then, &now, &live));
        assert_eq!(found, expected.map(|settings| settings.iter().map(|&text| text.to_owned()).collect()));
    }

    #[test]
    fn what_a_unit_runs_by() {
        let (one, two) = ("[Service]\nExecStart=/bin/a\n", "[Service]\nExecStart=/bin/b\n");
        let differs: Option<&[&str]> = Some(&["Service.ExecStart"]);
        check("a.service", Some(one), Some(one), None);
        check("a.service", Some(one), Some(two), differs);
        check("a.service", None, Some(two), None);
        check("a.service", Some(one), None, None);
        let with = |line: &str| format!("{two}[Unit]\n{line}\n");
        check("a.service", Some(one), Some(&with("X-RestartIfChanged=false")), differs);
        check("a.service", Some(one), Some(&with("X-SwitchMethod=keep-old")), differs);
        check(
            "a.service",
            Some(one),
            Some(&with("X-SwitchMethod=reload\n[Service]\nExecReload=/bin/c")),
            None,
        );
        check("a.service", Some(one), Some(&format!("{one}[Unit]\nDescription=A\n")), None);
        check("a.target", Some("[Unit]\nWants=a.service\n"), Some("[Unit]\nWants=b.service\n"), None);
        check("a.slice", Some("[Slice]\nMemoryMax=1G\n"), Some("[Slice]\nMemoryMax=2G\n"), None);
        check(
            "a.timer",
            Some("[Timer]\nOnBootSec=1\n"),
            Some("[Timer]\nOnBootSec=2\n"),
            Some(&["Timer.OnBootSec"]),
        );
    }
}
