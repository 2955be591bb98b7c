//! What two generations hold of packages: by the objects in their closures, as far as these are known.
//!
//! A closure tells what really is on the machine, dependencies included; `home.packages` only what was asked for. Where
//! the closure of either generation is not known, the second has to do.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::versions::{compare, object_name, split_name};
use crate::manifest::Package;

/// The objects that a generation needs, itself included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closure {
    /// The objects by store path.
    pub objects: BTreeMap<String, Object>,
}

/// An object of a closure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Object {
    /// Its size as an archive, in bytes.
    pub size: u64,
    /// Whether it is to be listed. Single files, such as scripts and the sources of dotfiles, are told of where they are
    /// used, and what a generation has of its own is no package.
    pub package: bool,
}

impl Closure {
    /// The size of everything.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.objects.values().fold(0, |sum, object| sum.saturating_add(object.size))
    }
}

/// How the packages differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackagesDiff {
    /// The packages that differ in their versions or in how often they are there, by name.
    pub packages: Vec<PackageDiff>,
    /// How many objects there are and how large they are, where both closures are known.
    pub closure: Option<ClosureDiff>,
}

/// How the closures differ as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosureDiff {
    /// How many objects the old one has.
    pub old_paths: usize,
    /// How many objects the new one has.
    pub new_paths: usize,
    /// How many of them only the new one has.
    pub added_paths: usize,
    /// How many only the old one has.
    pub removed_paths: usize,
    /// The size of the old one, in bytes.
    pub old_size: u64,
    /// The size of the new one.
    pub new_size: u64,
}

/// One package that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageDiff {
    /// Its name, without the version.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// Whether `home.packages` of either generation names it, so that it is not there only because something needs it.
    pub selected: bool,
    /// The versions that only the old generation has, or has more often.
    pub old: Vec<Release>,
    /// The versions that only the new one has, or has more often.
    pub new: Vec<Release>,
}

/// What became of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// Its newest version is newer than before.
    Upgraded,
    /// Its newest version is older than before.
    Downgraded,
    /// Its versions are others, or there are more or fewer of the same.
    Changed,
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
}

/// A version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The version; empty for a package without one.
    pub version: String,
    /// How many objects have it.
    pub count: usize,
}

/// What is known of the packages of one generation.
#[derive(Debug, Clone, Copy)]
pub struct Inventory<'a> {
    /// `home.packages`.
    pub selected: &'a [Package],
    /// The closure, where it is known.
    pub closure: Option<&'a Closure>,
}

/// Versions of one package and how many objects have each.
type Versions<'a> = BTreeMap<&'a str, usize>;

/// Compares packages.
#[must_use]
pub fn diff_packages(old: Inventory<'_>, new: Inventory<'_>) -> PackagesDiff {
    let closures = old.closure.zip(new.closure);
    let (before, after) = match closures {
        Some((old, new)) => (by_name(old.names()), by_name(new.names())),
        None => (by_name(names_of(old.selected)), by_name(names_of(new.selected))),
    };
    let selected: BTreeSet<&str> = [old, new]
        .iter()
        .flat_map(|side| side.selected)
        .map(|package| {
            split_name(if closures.is_some() { object_name(&package.path) } else { &package.name }).0
        })
        .collect();
    let none = Versions::new();
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let packages = names
        .into_iter()
        .filter_map(|name| {
            let (had, has) = (before.get(name).unwrap_or(&none), after.get(name).unwrap_or(&none));
            (had != has).then(|| PackageDiff {
                name: name.to_owned(),
                status: status(had, has),
                selected: selected.contains(name),
                old: differing(had, has),
                new: differing(has, had),
            })
        })
        .collect();
    PackagesDiff { packages, closure: closures.map(|(old, new)| diff_closures(old, new)) }
}

impl Closure {
    /// The names of the packages, with versions.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.objects.iter().filter(|(_, object)| object.package).map(|(path, _)| object_name(path))
    }
}

fn names_of(packages: &[Package]) -> impl Iterator<Item = &str> {
    packages.iter().map(|package| package.name.as_str())
}

fn by_name<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Versions<'a>> {
    let mut packages: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
    for (name, version) in names.map(split_name) {
        *packages.entry(name).or_default().entry(version).or_default() += 1;
    }
    packages
}

fn status(old: &Versions<'_>, new: &Versions<'_>) -> Status {
    let newest = |versions: &Versions<'_>| {
        versions.keys().map(|version| (*version).to_owned()).max_by(|one, other| compare(one, other))
    };
    match (newest(old), newest(new)) {
        (None, _) => Status::Added,
        (_, None) => Status::Removed,
        (Some(old), Some(new)) => match compare(&old, &new) {
            Ordering::Less => Status::Upgraded,
            Ordering::Greater => Status::Downgraded,
            Ordering::Equal => Status::Changed,
        },
    }
}

/// Those of `versions` that `others` has not, or not as often; by version.
fn differing(versions: &Versions<'_>, others: &Versions<'_>) -> Vec<Release> {
    let mut releases: Vec<Release> = versions
        .iter()
        .filter(|(version, count)| others.get(*version) != Some(*count))
        .map(|(version, count)| Release { version: (*version).to_owned(), count: *count })
        .collect();
    releases.sort_by(|one, other| {
        compare(&one.version, &other.version).then_with(|| one.version.cmp(&other.version))
    });
    releases
}

fn diff_closures(old: &Closure, new: &Closure) -> ClosureDiff {
    let missing = |from: &Closure, path: &&String| !from.objects.contains_key(path.as_str());
    ClosureDiff {
        old_paths: old.objects.len(),
        new_paths: new.objects.len(),
        added_paths: new.objects.keys().filter(|path| missing(old, path)).count(),
        removed_paths: old.objects.keys().filter(|path| missing(new, path)).count(),
        old_size: old.size(),
        new_size: new.size(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects as `HASH NAME SIZE`, the hash being one character, and that of what is no package a letter.
    fn closure(objects: &[&str]) -> Closure {
        let object = |text: &&str| {
            let words: Vec<&str> = text.split(' ').collect();
            let package = words[0].starts_with(|first: char| first.is_ascii_digit());
            let object = Object { size: words[2].parse().unwrap(), package };
            (format!("/s/{}-{}", words[0].repeat(32), words[1]), object)
        };
        Closure { objects: objects.iter().map(object).collect() }
    }

    fn show(diff: &PackagesDiff) -> String {
        let releases = |all: &[Release]| {
            let each = |release: &Release| format!("{}*{}", release.version, release.count);
            all.iter().map(each).collect::<Vec<_>>().join(",")
        };
        let line = |package: &PackageDiff| {
            let PackageDiff { name, status, selected, old, new } = package;
            format!("{name} {status:?} {selected} [{}] [{}]", releases(old), releases(new))
        };
        diff.packages.iter().map(line).collect::<Vec<_>>().join("; ")
    }

    fn check(old: &[&str], new: &[&str], expected: &str) {
        let (old, new) = (closure(old), closure(new));
        let package = Package { name: "a".to_owned(), path: format!("/s/{}-a-1", "1".repeat(32)) };
        let selected = &[package];
        let diff = diff_packages(
            Inventory { selected, closure: Some(&old) },
            Inventory { selected: &[], closure: Some(&new) },
        );
        assert_eq!(show(&diff), expected);
    }

    #[test]
    fn packages_of_closures() {
        check(&["1 a-1 5"], &["1 a-1 5"], "");
        check(&["1 a-1 5"], &["2 a-1 7"], "");
        check(&["1 a-1.9 5"], &["2 a-1.10 7"], "a Upgraded true [1.9*1] [1.10*1]");
        check(&["1 a-2 5"], &["2 a-1 7"], "a Downgraded true [2*1] [1*1]");
        check(&["1 b-2 5"], &["2 c 7"], "b Removed false [2*1] []; c Added false [] [*1]");
        check(&["x b-2 5"], &["y b-3 5", "z c-1 5"], "");
        check(&["1 b 1"], &["1 b 1", "2 b 1"], "b Changed false [*1] [*2]");
        check(&["1 b-2 1", "2 b-1 1"], &["1 b-2 1"], "b Changed false [1*1] []");
    }

    #[test]
    fn sizes_of_closures() {
        let (old, new) = (closure(&["1 a-1 5", "2 b 7"]), closure(&["1 a-1 5", "3 b 8", "4 c 1"]));
        let side = |closure| Inventory { selected: &[], closure };
        let found = diff_packages(side(Some(&old)), side(Some(&new))).closure.unwrap();
        let expected = ClosureDiff {
            old_paths: 2,
            new_paths: 3,
            added_paths: 2,
            removed_paths: 1,
            old_size: 12,
            new_size: 14,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn without_closures_what_was_asked_for() {
        let selected = |names: &[&str]| -> Vec<Package> {
            names.iter().map(|name| Package { name: (*name).to_owned(), path: "/s/x".to_owned() }).collect()
        };
        let (old, new) = (selected(&["a-1", "b"]), selected(&["a-2", "b"]));
        let known = closure(&["1 z 1"]);
        let diff = diff_packages(
            Inventory { selected: &old, closure: Some(&known) },
            Inventory { selected: &new, closure: None },
        );
        assert_eq!((show(&diff).as_str(), diff.closure), ("a Upgraded true [1*1] [2*1]", None));
    }
}
