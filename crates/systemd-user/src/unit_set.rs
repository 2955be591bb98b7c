//! The units of one generation: files, drop-ins, masks and the links that pull units in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;
use crate::name::{UnitName, UnitType};
use crate::unit::{SyntaxError, Unit};

/// What a file with the name of a unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// A unit file.
    File(Unit),
    /// An empty file or a link to `/dev/null`: the unit cannot be started.
    Masked,
    /// A link to the file of another unit: a further name of it.
    Alias(UnitName),
}

/// How one unit pulls in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dependency {
    /// `Wants=` or a `.wants` folder.
    Wants,
    /// `Requires=` (also `BindsTo=`) or a `.requires` folder.
    Requires,
    /// `Upholds=` or a `.upholds` folder.
    Upholds,
}

impl Dependency {
    const FOLDERS: [(&'static str, Self); 3] =
        [(".wants", Self::Wants), (".requires", Self::Requires), (".upholds", Self::Upholds)];

    const SETTINGS: [(&'static str, Self); 4] = [
        ("Wants", Self::Wants),
        ("Requires", Self::Requires),
        ("BindsTo", Self::Requires),
        ("Upholds", Self::Upholds),
    ];
}

/// One unit pulling in another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The unit that pulls, mostly a target.
    pub from: UnitName,
    /// The unit that is pulled in.
    pub to: UnitName,
    /// How.
    pub dependency: Dependency,
}

/// Something in the folder that could not be taken as a part of a unit. It is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct Problem {
    /// The file, folder or link.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// The text of one file of a folder of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is for: the name of a unit, or of a type of units (`service`).
    pub unit: String,
    /// Its path, relative to the folder.
    pub file: String,
    /// The file's own name, for a drop-in.
    pub drop_in: Option<String>,
    /// What is in it.
    pub text: String,
    /// The lines that could not be read.
    pub errors: Vec<SyntaxError>,
}

/// What takes the texts of files while a folder is read.
type Sink<'a> = &'a mut dyn FnMut(Source);

/// The units in one folder, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitSet {
    fragments: BTreeMap<UnitName, Fragment>,
    /// By the name of the folder without `.d`, then by file name; `None` is a link to `/dev/null`,
    /// which hides a less specific drop-in of the same name.
    drop_ins: BTreeMap<String, BTreeMap<String, Option<Unit>>>,
    edges: BTreeSet<Edge>,
    problems: Vec<Problem>,
}

impl UnitSet {
    /// Reads a folder such as a generation's `systemd/user`. A folder that does not exist has no
    /// units; what is not understood in it is left out and listed in [`problems`](Self::problems).
    ///
    /// # Errors
    /// [`Error::ReadUnits`] when the folder itself cannot be listed.
    pub fn read_dir(dir: &Path) -> Result<Self, Error> {
        Self::read_into(dir, &mut drop)
    }

    /// Reads a folder as [`read_dir`](Self::read_dir) does, and keeps the texts of the files.
    ///
    /// # Errors
    /// As there.
    pub fn read_dir_with_sources(dir: &Path) -> Result<(Self, Vec<Source>), Error> {
        let mut sources = Vec::new();
        let set = Self::read_into(dir, &mut |source| sources.push(source))?;
        Ok((set, sources))
    }

    fn read_into(dir: &Path, sink: Sink<'_>) -> Result<Self, Error> {
        let mut set = Self::default();
        let names = match list(dir) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(set),
            Err(source) => return Err(Error::ReadUnits { path: dir.to_owned(), source }),
        };
        for name in names {
            set.read_entry(dir.join(&name), &name, sink);
        }
        Ok(set)
    }

    fn read_entry(&mut self, path: PathBuf, name: &str, sink: Sink<'_>) {
        for (suffix, dependency) in Dependency::FOLDERS {
            if let Some(from) = name.strip_suffix(suffix) {
                return match UnitName::new(from) {
                    Ok(from) => self.read_links(&path, &from, dependency),
                    Err(error) => self.problem(path, error.to_string()),
                };
            }
        }
        if let Some(base) = name.strip_suffix(".d") {
            return if UnitName::new(base).is_ok() || UnitType::from_suffix(base).is_some() {
                self.read_drop_ins(&path, base, sink);
            } else {
                self.problem(path, format!("`{base}` is neither a unit nor a unit type"));
            };
        }
        match UnitName::new(name) {
            Ok(unit) => match read_fragment(&path, &unit, sink) {
                Ok(fragment) => {
                    self.fragments.insert(unit, fragment);
                }
                Err(error) => self.problem(path, error.to_string()),
            },
            Err(error) => self.problem(path, error.to_string()),
        }
    }

    fn read_links(&mut self, dir: &Path, from: &UnitName, dependency: Dependency) {
        match list(dir) {
            Ok(names) => {
                for name in names {
                    match UnitName::new(name.as_str()) {
                        // A link to nothing hides one of the same name in another folder; a masked
                        // unit is not pulled in either.
                        Ok(_) if leads_to_null(&dir.join(&name)) => {}
                        Ok(to) => {
                            self.edges.insert(Edge { from: from.clone(), to, dependency });
                        }
                        Err(error) => self.problem(dir.join(name), error.to_string()),
                    }
                }
            }
            Err(error) => self.problem(dir.to_owned(), error.to_string()),
        }
    }

    fn read_drop_ins(&mut self, dir: &Path, base: &str, sink: Sink<'_>) {
        let names = match list(dir) {
            Ok(names) => names,
            Err(error) => return self.problem(dir.to_owned(), error.to_string()),
        };
        for name in names {
            let path = dir.join(&name);
            if !name.ends_with(".conf") {
                self.problem(path, "systemd reads only files that end in `.conf` here".to_owned());
                continue;
            }
            let drop_in = if leads_to_null(&path) {
                Ok(None)
            } else {
                read_source(&path, base, &format!("{base}.d/{name}"), Some(&name), sink).map(Some)
            };
            match drop_in {
                Ok(drop_in) => {
                    self.drop_ins.entry(base.to_owned()).or_default().insert(name, drop_in);
                }
                Err(error) => self.problem(path, error.to_string()),
            }
        }
    }

    fn problem(&mut self, path: PathBuf, problem: String) {
        self.problems.push(Problem { path, problem });
    }

    /// Adds or replaces a unit file.
    pub fn insert(&mut self, name: UnitName, fragment: Fragment) {
        self.fragments.insert(name, fragment);
    }

    /// Adds or replaces a drop-in; `base` is the name of its folder without `.d`.
    pub fn insert_drop_in(&mut self, base: &str, file: &str, drop_in: Unit) {
        self.drop_ins.entry(base.to_owned()).or_default().insert(file.to_owned(), Some(drop_in));
    }

    /// Adds a link in a folder such as `FROM.wants`.
    pub fn insert_edge(&mut self, edge: Edge) {
        self.edges.insert(edge);
    }

    /// What was left out when the folder was read.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether there is nothing in the set.
    pub fn is_empty(&self) -> bool {
        self.fragments.is_empty() && self.drop_ins.is_empty() && self.edges.is_empty()
    }

    /// Whether a manager that has read one of the two would see the same in the other.
    pub fn same_units(&self, other: &Self) -> bool {
        self.fragments == other.fragments && self.drop_ins == other.drop_ins && self.edges == other.edges
    }

    /// Every name that a file or a drop-in folder of its own stands for: units, templates, masks,
    /// aliases and units whose file is elsewhere.
    pub fn names(&self) -> BTreeSet<UnitName> {
        let extended = self.drop_ins.keys().filter_map(|base| UnitName::new(base.as_str()).ok());
        // `foo-.service.d` extends every unit whose name begins with `foo-`, and is itself none.
        let extended = extended.filter(|name| !name.prefix().ends_with('-'));
        self.fragments.keys().cloned().chain(extended).collect()
    }

    /// The file of exactly this name.
    pub fn fragment(&self, name: &UnitName) -> Option<&Fragment> {
        self.fragments.get(name)
    }

    /// What was read from a file of this set.
    pub fn source_unit(&self, source: &Source) -> Option<&Unit> {
        match &source.drop_in {
            Some(file) => self.drop_ins.get(&source.unit)?.get(file)?.as_ref(),
            None => match self.fragments.get(source.unit.as_str())? {
                Fragment::File(unit) => Some(unit),
                Fragment::Masked | Fragment::Alias(_) => None,
            },
        }
    }

    /// Whether the unit is masked, by itself or by its template.
    pub fn is_masked(&self, name: &UnitName) -> bool {
        self.effective_fragment(name) == Some(&Fragment::Masked)
    }

    /// Whether the unit's file is here: its own or that of its template.
    pub fn has_file(&self, name: &UnitName) -> bool {
        matches!(self.effective_fragment(name), Some(Fragment::File(_)))
    }

    fn effective_fragment(&self, name: &UnitName) -> Option<&Fragment> {
        let own = self.fragments.get(name);
        own.or_else(|| self.fragments.get(&name.template()?))
    }

    /// The unit as the manager will see it, as far as it is defined here: its file or that of its
    /// template, followed by the drop-ins in the order of their file names. `None` if it is masked
    /// or neither a file nor a drop-in of its own is here.
    pub fn definition(&self, name: &UnitName) -> Option<Cow<'_, Unit>> {
        let (mut unit, in_set) = match self.effective_fragment(name) {
            Some(Fragment::File(unit)) => (Cow::Borrowed(unit), true),
            Some(Fragment::Masked) => return None,
            Some(Fragment::Alias(_)) | None => (Cow::Owned(Unit::default()), false),
        };
        if in_set && self.drop_ins.is_empty() {
            return Some(unit);
        }
        let bases = drop_in_bases(name);
        let own = |base: &str| {
            base == name.as_str() || name.template().is_some_and(|template| base == template.as_str())
        };
        if !in_set && !bases.iter().any(|base| own(base) && self.drop_ins.contains_key(base)) {
            return None;
        }
        let mut chosen: BTreeMap<&str, &Option<Unit>> = BTreeMap::new();
        for base in &bases {
            for (file, drop_in) in self.drop_ins.get(base).into_iter().flatten() {
                chosen.entry(file).or_insert(drop_in);
            }
        }
        for drop_in in chosen.into_values().flatten() {
            unit.to_mut().append(drop_in);
        }
        Some(unit)
    }

    /// Whether the unit has a drop-in folder of its own.
    pub fn has_drop_ins(&self, name: &UnitName) -> bool {
        // `foo-.service.d` extends every unit whose name begins with `foo-`, and is itself none.
        self.drop_ins.contains_key(name.as_str()) && !name.prefix().ends_with('-')
    }

    /// The links in folders such as `default.target.wants`.
    pub fn links(&self) -> &BTreeSet<Edge> {
        &self.edges
    }

    /// What pulls in what: the links in folders, and the settings of the units themselves.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = self.edges.clone();
        for from in self.names() {
            let Some(unit) = self.definition(&from) else { continue };
            for (setting, dependency) in Dependency::SETTINGS {
                // An empty assignment does not reset a list of dependencies.
                let words = unit.raw_values("Unit", setting).flat_map(str::split_whitespace);
                let targets = words.filter_map(|word| UnitName::new(word).ok());
                edges.extend(targets.map(|to| Edge { from: from.clone(), to, dependency }));
            }
        }
        edges
    }
}

/// The folders whose drop-ins a unit has, without `.d`, the most specific first: where two hold a
/// file of the same name, the first counts.
fn drop_in_bases(name: &UnitName) -> Vec<String> {
    let mut bases = vec![name.to_string()];
    bases.extend(name.template().map(|template| template.to_string()));
    let unit_type = name.unit_type();
    // For a-b-c.service also a-b-.service and a-.service.
    let prefix = name.prefix();
    let dashes = prefix
        .char_indices()
        .rev()
        .filter(|(index, character)| *character == '-' && index + 1 < prefix.len());
    bases.extend(dashes.filter_map(|(index, _)| Some(format!("{}.{unit_type}", prefix.get(..=index)?))));
    bases.push(unit_type.suffix().to_owned());
    bases
}

/// The names in a folder, sorted. One that is not UTF-8 is none of a unit; its replacement
/// characters make it an unknown entry.
fn list(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = fs::read_dir(dir)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Whether a link leads to `/dev/null`, directly or by way of a store object.
fn leads_to_null(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|target| is_null(&target))
}

/// Whether it is the null device, which its number tells: its name would take to look at each directory on the way.
fn is_null(target: &fs::Metadata) -> bool {
    target.file_type().is_char_device()
        && fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == target.rdev())
}

/// The end of a chain of links. The directories on the way may be links still: only the last name matters.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as the kernel follows.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(&path).join(target),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

fn read_fragment(path: &Path, name: &UnitName, sink: Sink<'_>) -> io::Result<Fragment> {
    let target = end_of_links(path)?;
    let metadata = fs::metadata(&target)?;
    if is_null(&metadata) {
        return Ok(Fragment::Masked);
    }
    // systemd takes the name of a unit from the end of a chain of links; another unit's name there
    // makes this one an alias, unless it is the template of this instance.
    let last = target.file_name().and_then(|last| last.to_str()).and_then(|last| UnitName::new(last).ok());
    if let Some(last) = last
        && last != *name
        && last.unit_type() == name.unit_type()
        && name.template().as_ref() != Some(&last)
    {
        return Ok(Fragment::Alias(last));
    }
    if metadata.len() == 0 {
        return Ok(Fragment::Masked);
    }
    Ok(Fragment::File(read_source(&target, name.as_str(), name.as_str(), None, sink)?))
}

/// Reads a file of a unit, and gives its text away.
fn read_source(
    path: &Path,
    unit: &str,
    file: &str,
    drop_in: Option<&str>,
    sink: Sink<'_>,
) -> io::Result<Unit> {
    let text = match String::from_utf8(fs::read(path)?) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let (parsed, errors) = Unit::parse(&text);
    sink(Source {
        unit: unit.to_owned(),
        file: file.to_owned(),
        drop_in: drop_in.map(str::to_owned),
        text,
        errors,
    });
    Ok(parsed)
}

pub(crate) fn read_unit(path: &Path) -> io::Result<Unit> {
    let bytes = fs::read(path)?;
    Ok(Unit::parse(&String::from_utf8_lossy(&bytes)).0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Makes a folder from `NAME=CONTENT` and `NAME -> TARGET` lines and reads it.
    fn read(layout: &[(&str, &str)]) -> UnitSet {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in layout {
            let path = dir.path().join("user").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match content.strip_prefix("-> ") {
                Some(target) => symlink(target, path).unwrap(),
                None => fs::write(path, content).unwrap(),
            }
        }
        UnitSet::read_dir(&dir.path().join("user")).unwrap()
    }

    fn name(text: &str) -> UnitName {
        UnitName::new(text).unwrap()
    }

    #[test]
    fn a_generation() {
        let set = read(&[
            ("../store/x/a.service", "[Service]\nExecStart=/bin/a\n"),
            ("a.service", "-> ../store/x/a.service"),
            ("default.target.wants/a.service", "-> ../../store/x/a.service"),
            ("other.target.requires/a.service", "-> dangling"),
            ("other.target.wants/a.service", "-> /dev/null"),
            ("masked.service", "-> /dev/null"),
            ("empty.service", ""),
            ("b.service", "-> a.service"),
            ("t@.service", "[Service]\nExecStart=/bin/%i\n"),
            ("t@x.service", "-> t@.service"),
        ]);
        assert_eq!(set.problems(), []);
        assert!(set.is_masked(&name("masked.service")) && set.is_masked(&name("empty.service")));
        assert_eq!(set.fragment(&name("b.service")), Some(&Fragment::Alias(name("a.service"))));
        assert!(matches!(set.fragment(&name("t@x.service")), Some(Fragment::File(_))));
        assert!(set.has_file(&name("t@other.service")));
        assert!(set.definition(&name("none.service")).is_none());
        let edges: Vec<String> = set
            .edges()
            .into_iter()
            .map(|edge| format!("{} {:?} {}", edge.from, edge.dependency, edge.to))
            .collect();
        assert_eq!(edges, ["default.target Wants a.service", "other.target Requires a.service"]);
    }

    #[test]
    fn unknown_entries_do_not_stop_the_reading() {
        let set = read(&[
            ("README", "x"),
            ("a.service.bak", "x"),
            ("dangling.service", "-> nowhere"),
            ("default.target.wants/what", "-> nowhere"),
            ("what.wants/a.service", "-> nowhere"),
            ("a.service.d/notes.txt", "x"),
            ("dir.service/x", "x"),
            ("what.d/x.conf", "x"),
            ("a.service", "[Service]\n"),
        ]);
        let problems: Vec<&str> = set
            .problems()
            .iter()
            .map(|problem| problem.path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            problems,
            [
                "README",
                "a.service.bak",
                "notes.txt",
                "dangling.service",
                "what",
                "dir.service",
                "what.d",
                "what.wants"
            ]
        );
        assert_eq!(set.names().len(), 1);
        assert!(UnitSet::read_dir(Path::new("/nonexistent/user")).unwrap().is_empty());
    }

    #[test]
    fn drop_ins_in_order() {
        let set = read(&[
            ("a-b.service", "[S]\nx=file\n"),
            ("a-b.service.d/20.conf", "[S]\nx=20\n"),
            ("a-b.service.d/10.conf", "[S]\nx=10\n"),
            ("a-b.service.d/50.conf", "-> /dev/null"),
            ("a-.service.d/10.conf", "[S]\nx=hidden by the more specific one\n"),
            ("a-.service.d/15.conf", "[S]\nx=15\n"),
            ("service.d/50.conf", "[S]\nx=hidden by a link to null\n"),
            ("service.d/99.conf", "[S]\nx=99\n"),
            ("elsewhere.service.d/1.conf", "[S]\nx=1\n"),
            ("t@.service.d/1.conf", "[S]\nx=t\n"),
        ]);
        let values = |unit: &str| {
            let unit = set.definition(&name(unit));
            unit.map(|unit| unit.values("S", "x").join(" "))
        };
        assert_eq!(values("a-b.service").as_deref(), Some("file 10 15 20 99"));
        assert_eq!(values("elsewhere.service").as_deref(), Some("1 hidden by a link to null 99"));
        assert_eq!(values("t@i.service").as_deref(), Some("t hidden by a link to null 99"));
        assert_eq!(values("foreign.service"), None);
        assert!(!set.has_file(&name("elsewhere.service")));
        assert_eq!(set.names().len(), 3);
    }

    #[test]
    fn settings_pull_units_in_too() {
        let set = read(&[("a.target", "[Unit]\nWants=b.service c.service\nWants=\nBindsTo=d.service\n")]);
        assert_eq!(set.edges().len(), 3);
    }
}
