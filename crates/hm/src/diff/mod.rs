//! What differs between two generations, put together for people and programs.
//!
//! The libraries compare; here is decided which generations, what belongs together and what counts as a difference.

pub(crate) mod closures;
pub(crate) mod render;
mod scripts;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hm_generation::diff::{
    Closure, FileDiff, Inventory, LinesDiff, PackagesDiff, VariablesDiff, diff_files, diff_lines,
    diff_packages, diff_variables,
};
use hm_generation::{Generation, Manifest};
use serde::Serialize;
use systemd_user::diff::UnitDiff;
use systemd_user::{SwitchPlan, UnitName, UnitSet};

use crate::error::CommandError;
use crate::home::unit_dir;
use crate::units::Units;

/// One of the two generations that are compared.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// What it is called in a sentence.
    pub(crate) name: String,
    /// Its number, if it has one.
    pub(crate) id: Option<u64>,
    /// The generation; none where there is nothing yet.
    pub(crate) generation: Option<Generation>,
    /// What it needs, where that is known.
    pub(crate) closure: Option<Closure>,
}

impl Side {
    /// A generation.
    pub(crate) fn of(
        name: String,
        id: Option<u64>,
        generation: &Generation,
        closure: Option<Closure>,
    ) -> Self {
        Side { name, id, generation: Some(generation.clone()), closure }
    }

    /// The generation of home-manager that a first switch takes over from.
    pub(crate) fn home_manager(generation: &Generation) -> Self {
        let closure = closures::registered(generation);
        Side::of("the generation of home-manager".to_owned(), None, generation, closure)
    }

    /// Nothing: what a home comes from before its first generation.
    pub(crate) fn nothing() -> Self {
        Side {
            name: "no generation".to_owned(),
            id: None,
            generation: None,
            closure: Some(Closure::default()),
        }
    }

    fn manifest(&self) -> Option<&Manifest> {
        self.generation.as_ref().map(|generation| &generation.manifest)
    }

    /// The units.
    ///
    /// # Errors
    /// When their folder cannot be read.
    pub(crate) fn units(&self) -> Result<UnitSet, CommandError> {
        match &self.generation {
            None => Ok(UnitSet::default()),
            Some(generation) => UnitSet::read_dir(&unit_dir(generation))
                .map_err(|error| CommandError::user(error.to_string())),
        }
    }
}

/// What a switch would do to the units, if that can be told.
pub(crate) enum Doing<'a> {
    /// This.
    Planned(&'a Units),
    /// Nothing is known, because the home is not at the old side.
    NotFromHere,
}

/// The differences, as `--json` prints them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Differences {
    old: SideDocument,
    new: SideDocument,
    /// Whether there is any difference.
    pub(crate) different: bool,
    packages: PackagesDiff,
    /// The sides whose closures are not known, so that only `home.packages` was compared.
    unknown_closures: Vec<String>,
    units: Vec<UnitEntry>,
    switch: SwitchDocument,
    files: Vec<FileDiff>,
    lines: Vec<LinesDiff>,
    session_variables: VariablesDiff,
}

#[derive(Debug, Serialize)]
struct SideDocument {
    name: String,
    id: Option<u64>,
    path: Option<String>,
}

/// A unit that differs, and the scripts it runs that do.
#[derive(Debug, Serialize)]
struct UnitEntry {
    #[serde(flatten)]
    diff: UnitDiff,
    scripts: Vec<FileDiff>,
}

/// What a switch from the old to the new side would do to the units.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct SwitchDocument {
    /// Whether the home is at the old side, so that there is something to say.
    from_here: bool,
    /// What would be done.
    plan: Option<SwitchPlan>,
    /// Whether the configuration wants it only suggested.
    suggested: bool,
    /// Why no manager can be asked.
    unreachable: Option<String>,
}

/// Compares two generations.
///
/// # Errors
/// When something of them cannot be read.
pub(crate) fn compare(old: &Side, new: &Side, doing: &Doing<'_>) -> Result<Differences, CommandError> {
    let generations = [&old.generation, &new.generation];
    let generations = || generations.into_iter().flatten();
    let unit_dirs: BTreeSet<String> = generations()
        .map(|generation| format!("{}/systemd/user/", generation.manifest.config_home))
        .collect();
    let files = diff_files(old.generation.as_ref(), new.generation.as_ref(), &|path| {
        unit_dirs.iter().any(|dir| path.strip_prefix(dir.as_str()).is_some_and(is_of_unit))
    })?;
    let stores: BTreeSet<String> = generations()
        .filter_map(|generation| {
            Some(Path::new(generation.files.home_files()).parent()?.display().to_string())
        })
        .chain(["/nix/store".to_owned()])
        .collect();
    let stores: Vec<String> = stores.into_iter().collect();
    let units = systemd_user::diff::diff(&old.units()?, &new.units()?)
        .into_iter()
        .map(|diff| Ok(UnitEntry { scripts: scripts::compare(&diff, &stores)?, diff }))
        .collect::<Result<Vec<_>, CommandError>>()?;
    let packages = diff_packages(inventory(old), inventory(new));
    let (no_lines, no_variables) = (BTreeMap::new(), BTreeMap::new());
    let (before, after) = (old.manifest(), new.manifest());
    let lines = diff_lines(
        before.map_or(&no_lines, |manifest| &manifest.lines),
        after.map_or(&no_lines, |manifest| &manifest.lines),
    );
    let session_variables = diff_variables(
        before.map_or(&no_variables, |manifest| &manifest.session_variables),
        after.map_or(&no_variables, |manifest| &manifest.session_variables),
    );
    let different = !(packages.packages.is_empty()
        && units.is_empty()
        && files.is_empty()
        && lines.is_empty()
        && session_variables.is_empty())
        || objects_differ(old, new);
    let unknown = |side: &&Side| side.closure.is_none();
    Ok(Differences {
        old: SideDocument::of(old),
        new: SideDocument::of(new),
        different,
        packages,
        unknown_closures: [old, new].into_iter().filter(unknown).map(|side| side.name.clone()).collect(),
        units,
        switch: SwitchDocument::of(doing),
        files,
        lines,
        session_variables,
    })
}

impl SideDocument {
    fn of(side: &Side) -> Self {
        let path = side.generation.as_ref().map(|generation| generation.path.display().to_string());
        SideDocument { name: side.name.clone(), id: side.id, path }
    }
}

impl SwitchDocument {
    fn of(doing: &Doing<'_>) -> Self {
        let Doing::Planned(units) = doing else { return Self::default() };
        let document = SwitchDocument { from_here: true, ..Self::default() };
        match units {
            Units::None => document,
            Units::Unreachable { why, .. } => SwitchDocument { unreachable: Some(why.clone()), ..document },
            Units::Planned { plan, suggest, .. } => {
                SwitchDocument { plan: Some(plan.clone()), suggested: *suggest, ..document }
            }
        }
    }
}

fn inventory(side: &Side) -> Inventory<'_> {
    let selected = side.manifest().map(|manifest| manifest.packages.as_slice());
    Inventory { selected: selected.unwrap_or_default(), closure: side.closure.as_ref() }
}

/// Whether there are other objects, apart from those that every generation has of its own.
fn objects_differ(old: &Side, new: &Side) -> bool {
    let (Some(before), Some(after)) = (&old.closure, &new.closure) else { return false };
    let own: BTreeSet<PathBuf> =
        [old, new].iter().filter_map(|side| side.generation.as_ref()).flat_map(closures::own).collect();
    let lacks = |one: &Closure, other: &Closure| {
        one.objects.keys().any(|path| !other.objects.contains_key(path) && !own.contains(Path::new(path)))
    };
    lacks(before, after) || lacks(after, before)
}

/// Whether a file in the folder of units is told of as part of a unit.
fn is_of_unit(path: &str) -> bool {
    let is_unit = |name: &str| UnitName::new(name).is_ok();
    let Some((dir, _)) = path.split_once('/') else { return is_unit(path) };
    let pulls = [".wants", ".requires", ".upholds"].into_iter().find_map(|suffix| dir.strip_suffix(suffix));
    match (pulls, dir.strip_suffix(".d")) {
        (Some(unit), _) => is_unit(unit),
        // Drop-ins for every unit of a type or with a prefix are none of a unit's own.
        (None, Some(unit)) => UnitName::new(unit).is_ok_and(|name| !name.prefix().ends_with('-')),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_units() {
        let check = |path: &str, expected: bool| assert_eq!(is_of_unit(path), expected, "{path}");
        check("a.service", true);
        check("README", false);
        check("default.target.wants/a.service", true);
        check("a.service.d/x.conf", true);
        check("service.d/x.conf", false);
        check("a-.service.d/x.conf", false);
        check("other/a.service", false);
    }
}
