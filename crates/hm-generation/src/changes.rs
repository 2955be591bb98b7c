//! How two generations differ, in numbers: for a list of many, each of which is read once.
//!
//! What is below the folder of systemd user units counts as the unit it belongs to, be it the unit's file, its drop-ins or the
//! links that enable it. Packages are the same when they have the same name without the version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::error::Error;
use crate::generation::{read_manifest, walk};
use crate::manifest::{LinesInfo, Package};
use crate::path::RelPath;

/// How many there are more, other and less than before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Those that are new.
    pub added: usize,
    /// Those that are not as they were.
    pub changed: usize,
    /// Those that are gone.
    pub removed: usize,
}

/// The differences between two generations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// systemd user units.
    pub units: Count,
    /// Files other than those of units, and files in which `hm` keeps lines.
    pub files: Count,
    /// Packages.
    pub packages: Count,
}

/// What is compared of a generation.
#[derive(Debug, Clone)]
pub struct Contents {
    home_files: PathBuf,
    /// The folder of units, relative to the home, with a `/` at the end.
    units: String,
    /// The files, with where those lead that are links.
    leaves: Arc<BTreeMap<RelPath, Option<PathBuf>>>,
    lines: BTreeMap<String, LinesInfo>,
    packages: Vec<Package>,
}

impl Contents {
    /// Reads the generation at the store path `path`. What it has in common with `before` is not read again.
    ///
    /// # Errors
    /// As for [`Generation::read`](crate::Generation::read).
    pub fn read(path: &Path, before: Option<&Self>) -> Result<Self, Error> {
        let manifest = read_manifest(path)?;
        let home_files = PathBuf::from(manifest.home_files);
        let leaves = match before {
            Some(before) if before.home_files == home_files => before.leaves.clone(),
            _ => {
                let leaves = walk(&home_files)?.into_iter().map(|path| {
                    let here = home_files.join(&path);
                    let target = link(&here).map_err(|error| Error::io("read the link", here, error))?;
                    Ok((path, target))
                });
                Arc::new(leaves.collect::<Result<_, Error>>()?)
            }
        };
        let units = format!("{}/systemd/user/", manifest.config_home);
        Ok(Self { home_files, units, leaves, lines: manifest.lines, packages: manifest.packages })
    }

    /// How this generation differs from `old`, which is empty where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] when files cannot be compared.
    pub fn since(&self, old: Option<&Self>) -> Result<Changes, Error> {
        let nothing = Self {
            home_files: PathBuf::new(),
            units: self.units.clone(),
            leaves: Arc::default(),
            lines: BTreeMap::new(),
            packages: Vec::new(),
        };
        let old = old.unwrap_or(&nothing);
        let (mut files, mut units) = (Tally::default(), Tally::default());
        if old.home_files != self.home_files || old.units != self.units {
            let gone = old.leaves.keys().filter(|path| !self.leaves.contains_key(*path));
            for path in gone.chain(self.leaves.keys()) {
                let presence = match (old.leaves.get(path), self.leaves.get(path)) {
                    (Some(before), Some(now)) if self.has_the_same(old, path, before, now)? => Presence::Same,
                    (Some(_), Some(_)) => Presence::Changed,
                    (Some(_), None) => Presence::Old,
                    _ => Presence::New,
                };
                match unit_of(path.as_str(), &self.units) {
                    Some(unit) => units.note(unit, presence),
                    None => files.note(path.as_str(), presence),
                }
            }
        }
        for name in old.lines.keys().chain(self.lines.keys()) {
            let presence = match (old.lines.get(name), self.lines.get(name)) {
                (Some(before), Some(now)) if before == now => Presence::Same,
                (Some(_), Some(_)) => Presence::Changed,
                (Some(_), None) => Presence::Old,
                _ => Presence::New,
            };
            files.note(name, presence);
        }
        let mut packages = Tally::default();
        let paths = |all: &[Package]| all.iter().map(|each| each.path.clone()).collect::<BTreeSet<_>>();
        let (before, now) = (paths(&old.packages), paths(&self.packages));
        for (all, others, alone) in
            [(&old.packages, &now, Presence::Old), (&self.packages, &before, Presence::New)]
        {
            for package in all {
                let presence = if others.contains(&package.path) { Presence::Same } else { alone };
                packages.note(without_version(&package.name), presence);
            }
        }
        Ok(Changes { units: units.count(), files: files.count(), packages: packages.count() })
    }

    /// Whether the file at `path`, which leads `before` and `now`, is the same in both generations.
    fn has_the_same(
        &self,
        old: &Self,
        path: &RelPath,
        before: &Option<PathBuf>,
        now: &Option<PathBuf>,
    ) -> Result<bool, Error> {
        match (before, now) {
            (Some(before), Some(now)) => Ok(before == now
                // Links within the object of the files lead to the same place of another object.
                || now.strip_prefix(&self.home_files).is_ok_and(|below| {
                    before.strip_prefix(&old.home_files).is_ok_and(|other| below == other)
                })),
            (None, None) => {
                let (ours, theirs) = (self.home_files.join(path), old.home_files.join(path));
                same_file(&ours, &theirs).map_err(|error| Error::io("compare", &ours, error))
            }
            _ => Ok(false),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Same,
    Changed,
    Old,
    New,
}

/// What was found of each thing: whether the old and the new generation have any part of it, and whether all are the same.
#[derive(Default)]
struct Tally<'a>(BTreeMap<&'a str, (bool, bool, bool)>);

impl<'a> Tally<'a> {
    fn note(&mut self, name: &'a str, presence: Presence) {
        let (old, new, differs) = self.0.entry(name).or_default();
        *old |= presence != Presence::New;
        *new |= presence != Presence::Old;
        *differs |= presence != Presence::Same;
    }

    fn count(&self) -> Count {
        let mut count = Count::default();
        for found in self.0.values() {
            match found {
                (false, true, _) => count.added += 1,
                (true, false, _) => count.removed += 1,
                (_, _, true) => count.changed += 1,
                _ => {}
            }
        }
        count
    }
}

/// The unit that the file at `path` belongs to, `dir` being the folder of units with a `/` at the end.
fn unit_of<'p>(path: &'p str, dir: &str) -> Option<&'p str> {
    let below = path.strip_prefix(dir)?;
    let Some((first, rest)) = below.split_once('/') else { return Some(below) };
    match first.strip_suffix(".d") {
        Some(unit) => Some(unit),
        None => Some(rest),
    }
}

/// The name of a package, without the version.
fn without_version(name: &str) -> &str {
    crate::diff::versions::split_name(name).0
}

fn link(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::read_link(path) {
        Ok(target) => Ok(Some(target)),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(None),
        Err(error) => Err(error),
    }
}

fn same_file(one: &Path, other: &Path) -> io::Result<bool> {
    let (stat_one, stat_other) = (fs::metadata(one)?, fs::metadata(other)?);
    let comparable = stat_one.len() == stat_other.len() && stat_one.permissions() == stat_other.permissions();
    Ok(comparable && fs::read(one)? == fs::read(other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_units() {
        let check = |path: &str, expected: Option<&str>| {
            assert_eq!(unit_of(path, ".config/systemd/user/"), expected, "{path}");
        };
        check(".config/systemd/user/a.service", Some("a.service"));
        check(".config/systemd/user/a.service.d/x.conf", Some("a.service"));
        check(".config/systemd/user/default.target.wants/a.service", Some("a.service"));
        check(".config/systemd/user.conf", None);
        check("a.service", None);
    }

    #[test]
    fn names_of_packages() {
        let check = |name: &str, expected: &str| assert_eq!(without_version(name), expected);
        check("hello-2.12.1", "hello");
        check("nix-index", "nix-index");
        check("gtk+3-3.24", "gtk+3");
        check("x-", "x-");
    }
}
