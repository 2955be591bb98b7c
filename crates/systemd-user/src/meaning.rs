//! What a unit file means, apart from how it is written: for comparing two of them.

use std::collections::BTreeMap;

use crate::spelling::alike;
use crate::unit::Unit;

/// Settings of `[Unit]` that take effect with a reload of the manager: a change in one of them is
/// no reason to touch a running unit. The `X-` ones are read by the plan, not by systemd.
const APPLIED_BY_RELOAD: &[&str] = &[
    "After",
    "Before",
    "CollectMode",
    "Description",
    "Documentation",
    "OnFailure",
    "OnFailureJobMode",
    "OnSuccess",
    "OnSuccessJobMode",
    "PartOf",
    "RefuseManualStart",
    "RefuseManualStop",
    "SourcePath",
    "StopWhenUnneeded",
    "Upholds",
    "X-ReloadIfChanged",
    "X-RestartIfChanged",
    "X-StopIfChanged",
    "X-SwitchMethod",
];

/// Lists that an empty assignment does not reset: systemd ignores it for dependencies.
pub(crate) const DEPENDENCIES: &[&str] = &[
    "After",
    "Before",
    "BindsTo",
    "Conflicts",
    "OnFailure",
    "OnSuccess",
    "PartOf",
    "PropagatesReloadTo",
    "PropagatesStopTo",
    "ReloadPropagatedFrom",
    "Requires",
    "Requisite",
    "StopPropagatedFrom",
    "Upholds",
    "Wants",
];

/// The setting that asks for a reload of the unit, not a restart, when it changes.
pub(crate) const RELOAD_TRIGGERS: &str = "X-Reload-Triggers";

/// The values of each setting: the order of sections and of different keys is gone, that of the
/// values of one key stays, and empty assignments have had their effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// By section and key.
    pub(crate) settings: BTreeMap<(String, String), Vec<String>>,
}

/// How much has to happen for a difference to take effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Nothing, or nothing beyond a reload of the manager.
    None,
    /// The unit is to be reloaded: only its reload triggers differ.
    Reload,
    /// The unit is to be restarted: these settings differ, as `Section.Key`, sorted.
    Restart(Vec<String>),
}

impl Meaning {
    /// Takes the meaning out of a unit with its drop-ins appended.
    pub fn of(unit: &Unit) -> Self {
        let mut settings: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for section in &unit.sections {
            for entry in &section.entries {
                let values = settings.entry((section.name.clone(), entry.key.clone())).or_default();
                if !entry.value.is_empty() {
                    values.push(entry.value.clone());
                } else if !(section.name == "Unit" && DEPENDENCIES.contains(&entry.key.as_str())) {
                    values.clear();
                }
            }
        }
        settings.retain(|_, values| !values.is_empty());
        Self { settings }
    }

    /// Compares two meanings with a view to a unit that runs by the first.
    ///
    /// `[Install]` is not looked at: it only says which links are made, and these are compared on
    /// their own.
    pub fn difference(&self, new: &Self) -> Difference {
        let mut reload = false;
        let mut restart = Vec::new();
        let keys =
            self.settings.keys().chain(new.settings.keys().filter(|key| !self.settings.contains_key(key)));
        for key in keys {
            let values = |meaning: &'_ Self| meaning.settings.get(key).cloned().unwrap_or_default();
            if self.settings.get(key) == new.settings.get(key) || alike(key, &values(self), &values(new)) {
                continue;
            }
            match (key.0.as_str(), key.1.as_str()) {
                ("Install", _) => {}
                ("Unit", setting) if APPLIED_BY_RELOAD.contains(&setting) => {}
                ("Unit", RELOAD_TRIGGERS) => reload = true,
                (section, setting) => restart.push(format!("{section}.{setting}")),
            }
        }
        if !restart.is_empty() {
            restart.sort();
            Difference::Restart(restart)
        } else if reload {
            Difference::Reload
        } else {
            Difference::None
        }
    }
}

/// The difference between what two units mean.
pub fn difference(old: &Unit, new: &Unit) -> Difference {
    // Most units are the same to the letter.
    if old == new { Difference::None } else { Meaning::of(old).difference(&Meaning::of(new)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let unit = |text: &str| Unit::parse(text).0;
        let shown = match difference(&unit(old), &unit(new)) {
            Difference::None => "none".to_owned(),
            Difference::Reload => "reload".to_owned(),
            Difference::Restart(keys) => keys.join(" "),
        };
        assert_eq!(shown, expected, "{old:?} -> {new:?}");
    }

    #[test]
    fn writing_does_not_matter() {
        check("[A]\nx=1\ny=2\n[B]\nz=3\n", "[B]\nz=3\n[A]\ny=2\nx=1\n", "none");
        check("[A]\nx=1\n[A]\ny=2\n", "[A]\nx = 1\n# c\ny=2\n", "none");
        check("[A]\nx=0\nx=\nx=1\n", "[A]\nx=1\n", "none");
        check("[A]\nx=\n", "", "none");
    }

    #[test]
    fn spelling_does_not_matter() {
        check("[Service]\nNoNewPrivileges=true\n", "[Service]\nNoNewPrivileges=yes\n", "none");
        check("[Service]\nRestartSec=5\n", "[Service]\nRestartSec=5s\n", "none");
    }

    #[test]
    fn order_of_values_matters() {
        check("[A]\nx=1\nx=2\n", "[A]\nx=2\nx=1\n", "A.x");
        check("[A]\nx=1\n", "[A]\ny=1\n", "A.x A.y");
    }

    #[test]
    fn what_the_manager_applies_by_itself() {
        check("[Unit]\nDescription=a\nAfter=x.service\n", "[Unit]\nDocumentation=b\n", "none");
        check("[Install]\nWantedBy=a.target\n", "[Install]\n", "none");
        check("[Service]\nDescription=a\n", "[Service]\n", "Service.Description");
        check("[Unit]\nX-SwitchMethod=reload\n", "[Unit]\n", "none");
        check("[Unit]\nUpholds=a.service\n", "[Unit]\n", "none");
        check("[Unit]\nX-Reload-Triggers=1\n", "[Unit]\nX-Reload-Triggers=2\n", "reload");
        check("[Unit]\nX-Restart-Triggers=1\n", "[Unit]\nX-Restart-Triggers=2\n", "Unit.X-Restart-Triggers");
        check("[Unit]\nX-Reload-Triggers=1\n[Service]\na=1\n", "[Service]\na=2\n", "Service.a");
    }

    #[test]
    fn dependencies_are_not_reset() {
        check("[Unit]\nWants=a.service\nWants=\n", "[Unit]\nWants=a.service\n", "none");
        check("[Unit]\nConditionHost=a\nConditionHost=\n", "[Unit]\n", "none");
    }
}
