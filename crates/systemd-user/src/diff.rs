//! How the units of two sets differ, setting by setting.
//!
//! What is compared is what the manager would see: a file with its drop-ins, empty assignments having had their effect.
//! Comments and the order of different settings are no difference.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::meaning::{DEPENDENCIES, Meaning};
use crate::name::UnitName;
use crate::unit_set::{Dependency, Edge, Fragment, UnitSet};

/// Settings of `[Install]` whose values are lists of names.
const INSTALL_LISTS: &[&str] = &["Alias", "Also", "RequiredBy", "UpheldBy", "WantedBy"];

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Only the new set has it.
    Added,
    /// Only the old set has it.
    Removed,
    /// It is in both, differently, or is defined elsewhere and pulled in differently.
    Changed,
}

/// A unit that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitDiff {
    /// Its name.
    pub unit: UnitName,
    /// What became of it.
    pub change: Change,
    /// How the old set has it; none where it does not.
    pub old: Option<Form>,
    /// How the new set has it.
    pub new: Option<Form>,
    /// The settings that differ, by section and name.
    pub settings: Vec<SettingDiff>,
    /// What pulls it in by a link and did not before.
    pub linked: Vec<Pull>,
    /// What pulled it in by a link and does no more.
    pub unlinked: Vec<Pull>,
}

/// How a set has a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "form", content = "of")]
pub enum Form {
    /// By a file.
    File,
    /// By drop-ins for a file that is elsewhere.
    DropIns,
    /// It is masked.
    Masked,
    /// As another name of this unit.
    Alias(UnitName),
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingDiff {
    /// Its section.
    pub section: String,
    /// Its name.
    pub setting: String,
    /// Its old values, in order; lists of units by unit.
    pub old: Vec<String>,
    /// Its new values.
    pub new: Vec<String>,
    /// The values that only the new list has.
    pub added: Vec<String>,
    /// The values that only the old list has.
    pub removed: Vec<String>,
}

/// A link that pulls a unit in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pull {
    /// The unit that pulls.
    pub by: UnitName,
    /// How.
    pub dependency: Dependency,
}

impl UnitDiff {
    /// The links that no difference in `[Install]` tells of already.
    pub fn untold_links(&self) -> (Vec<&Pull>, Vec<&Pull>) {
        let told = |pull: &Pull, side: fn(&SettingDiff) -> &Vec<String>| {
            let setting = match pull.dependency {
                Dependency::Wants => "WantedBy",
                Dependency::Requires => "RequiredBy",
                Dependency::Upholds => "UpheldBy",
            };
            self.settings.iter().any(|diff| {
                diff.section == "Install"
                    && diff.setting == setting
                    && side(diff).iter().any(|value| value == pull.by.as_str())
            })
        };
        (
            self.linked.iter().filter(|pull| !told(pull, |diff| &diff.added)).collect(),
            self.unlinked.iter().filter(|pull| !told(pull, |diff| &diff.removed)).collect(),
        )
    }
}

impl SettingDiff {
    /// Whether it is better told by what came and went than by the whole old and new value.
    pub fn is_list(&self) -> bool {
        self.old.len() > 1 || self.new.len() > 1 || is_list(&self.section, &self.setting)
    }
}

/// Compares two sets. The units come sorted by name; those that mean the same in both are not among them.
pub fn diff(old: &UnitSet, new: &UnitSet) -> Vec<UnitDiff> {
    let (old_pulls, new_pulls) = (pulls(old), pulls(new));
    let mut names: BTreeSet<UnitName> = old.names();
    names.extend(new.names());
    names.extend(old_pulls.keys().chain(new_pulls.keys()).map(|name| (*name).clone()));
    let none = BTreeSet::new();
    names
        .into_iter()
        .filter_map(|unit| {
            let (before, after) = (form(old, &unit), form(new, &unit));
            let settings = diff_settings(&meaning(old, &unit), &meaning(new, &unit));
            let had = old_pulls.get(&unit).unwrap_or(&none);
            let has = new_pulls.get(&unit).unwrap_or(&none);
            let linked: Vec<Pull> = has.difference(had).cloned().collect();
            let unlinked: Vec<Pull> = had.difference(has).cloned().collect();
            if before == after && settings.is_empty() && linked.is_empty() && unlinked.is_empty() {
                return None;
            }
            let change = match (&before, &after) {
                (None, Some(_)) => Change::Added,
                (Some(_), None) => Change::Removed,
                _ => Change::Changed,
            };
            Some(UnitDiff { unit, change, old: before, new: after, settings, linked, unlinked })
        })
        .collect()
}

/// How the set has the unit. An instance has its template's file only if it is asked for, by a link.
pub(crate) fn form(set: &UnitSet, unit: &UnitName) -> Option<Form> {
    match set.fragment(unit) {
        Some(Fragment::File(_)) => Some(Form::File),
        Some(Fragment::Masked) => Some(Form::Masked),
        Some(Fragment::Alias(of)) => Some(Form::Alias(of.clone())),
        None => set.has_drop_ins(unit).then_some(Form::DropIns),
    }
}

fn meaning(set: &UnitSet, unit: &UnitName) -> Meaning {
    // What an instance has of its template is told of the template.
    if form(set, unit).is_none() {
        return Meaning::default();
    }
    set.definition(unit).map(|unit| Meaning::of(&unit)).unwrap_or_default()
}

fn pulls(set: &UnitSet) -> BTreeMap<&UnitName, BTreeSet<Pull>> {
    let mut pulls: BTreeMap<&UnitName, BTreeSet<Pull>> = BTreeMap::new();
    for Edge { from, to, dependency } in set.links() {
        pulls.entry(to).or_default().insert(Pull { by: from.clone(), dependency: *dependency });
    }
    pulls
}

fn is_list(section: &str, setting: &str) -> bool {
    match section {
        "Unit" => DEPENDENCIES.contains(&setting),
        "Install" => INSTALL_LISTS.contains(&setting),
        _ => false,
    }
}

fn diff_settings(old: &Meaning, new: &Meaning) -> Vec<SettingDiff> {
    let keys: BTreeSet<&(String, String)> = old.settings.keys().chain(new.settings.keys()).collect();
    keys.into_iter()
        .filter_map(|key| {
            let (section, setting) = key;
            let values = |meaning: &Meaning| -> Vec<String> {
                let values = meaning.settings.get(key).map(Vec::as_slice).unwrap_or_default();
                if is_list(section, setting) {
                    values.iter().flat_map(|value| value.split_whitespace()).map(str::to_owned).collect()
                } else {
                    values.to_vec()
                }
            };
            let (old, new) = (values(old), values(new));
            (old != new).then(|| SettingDiff {
                section: section.clone(),
                setting: setting.clone(),
                added: missing(&new, &old),
                removed: missing(&old, &new),
                old,
                new,
            })
        })
        .collect()
}

/// What `values` has that `others` has not, or not as often.
fn missing(values: &[String], others: &[String]) -> Vec<String> {
    let mut left: BTreeMap<&String, usize> = BTreeMap::new();
    for other in others {
        *left.entry(other).or_default() += 1;
    }
    let mut missing = Vec::new();
    for value in values {
        match left.get_mut(value) {
            Some(count) if *count > 0 => *count -= 1,
            _ => missing.push(value.clone()),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Unit;

    fn name(text: &str) -> UnitName {
        UnitName::new(text).unwrap()
    }

    /// A set of `NAME=TEXT`, `BASE.d/FILE=TEXT`, `NAME=masked`, `NAME=alias OTHER` and `FROM.wants/TO=`.
    fn set(layout: &[(&str, &str)]) -> UnitSet {
        let mut set = UnitSet::default();
        for (place, text) in layout {
            let unit = || Unit::parse(text).0;
            match (place.split_once(".wants/"), place.split_once(".d/")) {
                (Some((from, to)), _) => {
                    let dependency = Dependency::Wants;
                    set.insert_edge(Edge { from: name(from), to: name(to), dependency });
                }
                (_, Some((base, file))) => set.insert_drop_in(base, file, unit()),
                _ => {
                    let fragment = match text.strip_prefix("alias ") {
                        Some(of) => Fragment::Alias(name(of)),
                        None if *text == "masked" => Fragment::Masked,
                        None => Fragment::File(unit()),
                    };
                    set.insert(name(place), fragment);
                }
            }
        }
        set
    }

    fn show(diffs: &[UnitDiff]) -> String {
        let mut text = String::new();
        for diff in diffs {
            let UnitDiff { unit, change, old, new, settings, .. } = diff;
            text += &format!("{unit} {change:?} {old:?} {new:?}\n");
            for setting in settings {
                let SettingDiff { section, setting, old, new, added, removed } = setting;
                text += &format!("  {section}.{setting} {old:?} {new:?} +{added:?} -{removed:?}\n");
            }
            let (linked, unlinked) = diff.untold_links();
            for (sign, pulls) in [("+", linked), ("-", unlinked)] {
                for pull in pulls {
                    text += &format!("  {sign} {:?} {}\n", pull.dependency, pull.by);
                }
            }
        }
        text
    }

    #[test]
    fn settings_and_lists() {
        let a =
            "[Unit]\nAfter=x.service y.service\n[Service]\nExecStart=/a\nEnvironment=A=1\nEnvironment=B=1\n";
        let b = "[Unit]\nAfter=y.service\nAfter=z.service\n[Service]\nEnvironment=A=1\nEnvironment=B=2\nExecStart=/b\n";
        let (old, new) =
            (set(&[("a.service", a), ("same.service", a)]), set(&[("a.service", b), ("same.service", a)]));
        insta::assert_snapshot!(show(&diff(&old, &new)), @r#"
        a.service Changed Some(File) Some(File)
          Service.Environment ["A=1", "B=1"] ["A=1", "B=2"] +["B=2"] -["B=1"]
          Service.ExecStart ["/a"] ["/b"] +["/b"] -["/a"]
          Unit.After ["x.service", "y.service"] ["y.service", "z.service"] +["z.service"] -["x.service"]
        "#);
        assert_eq!(diff(&old, &old), []);
    }

    #[test]
    fn forms_and_links() {
        let old = set(&[
            ("gone.service", "[Service]\nType=oneshot\n"),
            ("masked.service", "[Service]\n"),
            ("other.service", "alias gone.service"),
            ("default.target.wants/gone.service", ""),
            ("t@.service", "[Service]\nExecStart=/t\n"),
            ("quiet.service", "[Service]\n# a comment\nType=simple\n"),
        ]);
        let new = set(&[
            ("masked.service", "masked"),
            ("new.service", "[Service]\nType=oneshot\n[Install]\nWantedBy=default.target\n"),
            ("default.target.wants/new.service", ""),
            ("default.target.wants/elsewhere.service", ""),
            ("default.target.wants/t@x.service", ""),
            ("dropped.service.d/x.conf", "[Service]\nNice=1\n"),
            ("t@.service", "[Service]\nExecStart=/t\n"),
            ("quiet.service", "[Service]\nType=simple\n"),
        ]);
        insta::assert_snapshot!(show(&diff(&old, &new)), @r#"
        dropped.service Added None Some(DropIns)
          Service.Nice [] ["1"] +["1"] -[]
        elsewhere.service Changed None None
          + Wants default.target
        gone.service Removed Some(File) None
          Service.Type ["oneshot"] [] +[] -["oneshot"]
          - Wants default.target
        masked.service Changed Some(File) Some(Masked)
        new.service Added None Some(File)
          Install.WantedBy [] ["default.target"] +["default.target"] -[]
          Service.Type [] ["oneshot"] +["oneshot"] -[]
        other.service Removed Some(Alias("gone.service")) None
        t@x.service Changed None None
          + Wants default.target
        "#);
    }

    #[test]
    fn order_alone_is_a_difference_without_additions() {
        let old = set(&[("a.service", "[Service]\nExecStart=/a\nExecStart=/b\n")]);
        let new = set(&[("a.service", "[Service]\nExecStart=/b\nExecStart=/a\n")]);
        insta::assert_snapshot!(show(&diff(&old, &new)), @r#"
        a.service Changed Some(File) Some(File)
          Service.ExecStart ["/a", "/b"] ["/b", "/a"] +[] -[]
        "#);
    }

    #[test]
    fn as_a_document() {
        let old = set(&[("a.service", "[Service]\nType=simple\n")]);
        let new = set(&[("a.service", "alias b.service"), ("default.target.wants/a.service", "")]);
        insta::assert_snapshot!(serde_json::to_string_pretty(&diff(&old, &new)).unwrap(), @r#"
        [
          {
            "unit": "a.service",
            "change": "changed",
            "old": {
              "form": "file"
            },
            "new": {
              "form": "alias",
              "of": "b.service"
            },
            "settings": [
              {
                "section": "Service",
                "setting": "Type",
                "old": [
                  "simple"
                ],
                "new": [],
                "added": [],
                "removed": [
                  "simple"
                ]
              }
            ],
            "linked": [
              {
                "by": "default.target",
                "dependency": "wants"
              }
            ],
            "unlinked": []
          }
        ]
        "#);
    }
}
