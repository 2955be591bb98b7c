//! A generation as it lies in the store: its manifest and the files it wants in the home.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::manifest::{FileMode, LinesInfo, Manifest};
use crate::path::RelPath;
use crate::problem::Problem;

/// A generation.
#[derive(Debug, Clone)]
pub struct Generation {
    /// Its store path.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// What it wants in the home.
    pub files: Arc<FileSet>,
}

/// The files of a generation, each of which becomes a link or a copy in the home, and the lines it wants in other files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    home_files: String,
    entries: BTreeMap<RelPath, Entry>,
    sources: BTreeMap<RelPath, String>,
    lines: BTreeMap<RelPath, LinesInfo>,
    aliases: BTreeMap<RelPath, String>,
}

/// One file of a generation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// Replace a foreign file or link that stands there.
    pub force: bool,
    /// A link, or a copy that the user may edit.
    pub mode: FileMode,
}

impl FileSet {
    /// The files `entries` of the store object `home_files`.
    pub fn new(home_files: impl Into<String>, entries: impl IntoIterator<Item = (RelPath, Entry)>) -> Self {
        Self { home_files: home_files.into(), entries: entries.into_iter().collect(), ..Self::default() }
    }

    /// The same with these lines in files of the user.
    #[must_use]
    pub fn with_lines(self, lines: impl IntoIterator<Item = (RelPath, LinesInfo)>) -> Self {
        Self { lines: lines.into_iter().collect(), ..self }
    }

    /// The same with names that are added to the targets of these links.
    #[must_use]
    pub fn with_aliases(self, aliases: impl IntoIterator<Item = (RelPath, String)>) -> Self {
        Self { aliases: aliases.into_iter().collect(), ..self }
    }

    /// The names that are added to the targets of links.
    pub(crate) fn aliases(&self) -> &BTreeMap<RelPath, String> {
        &self.aliases
    }

    /// Those of the files that `other` does not have, in order.
    pub(crate) fn without<'s>(&'s self, other: &'s FileSet) -> impl Iterator<Item = &'s RelPath> {
        let mut theirs = other.entries.keys().peekable();
        self.entries.keys().filter(move |path| {
            while theirs.next_if(|their| their < path).is_some() {}
            theirs.peek() != Some(path)
        })
    }

    /// Adds the places of `other` that are not among these.
    pub(crate) fn add_entries(&mut self, other: &FileSet) {
        for (path, entry) in &other.entries {
            self.entries.entry(path.clone()).or_insert(*entry);
        }
    }

    /// Adds a copy of the file `source` of a store, which is none of [`Self::home_files`].
    pub(crate) fn add_copy(&mut self, path: RelPath, source: String) {
        self.entries.insert(path.clone(), Entry { force: false, mode: FileMode::Copy });
        self.sources.insert(path, source);
    }

    /// The lines that files of the user shall have, by file.
    #[must_use]
    pub fn lines(&self) -> &BTreeMap<RelPath, LinesInfo> {
        &self.lines
    }

    /// The file of a store that the copy at `path` is made from, if there is to be one.
    #[must_use]
    pub fn copy_source(&self, path: &RelPath) -> Option<String> {
        let entry = self.entries.get(path)?;
        if entry.mode != FileMode::Copy {
            return None;
        }
        Some(self.sources.get(path).cloned().unwrap_or_else(|| self.target(path)))
    }

    /// The store object, which every link's target starts with.
    #[must_use]
    pub fn home_files(&self) -> &str {
        &self.home_files
    }

    /// The files, sorted.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<RelPath, Entry> {
        &self.entries
    }

    /// What the link at `path` points to.
    #[must_use]
    pub fn target(&self, path: &RelPath) -> String {
        target(&self.home_files, path, &self.aliases)
    }

    /// Whether `target` is what the link at `path` points to; makes no copy.
    #[must_use]
    pub fn is_target(&self, path: &RelPath, target: &[u8]) -> bool {
        target
            .strip_prefix(self.home_files.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"/"))
            .and_then(|rest| rest.strip_prefix(path.as_str().as_bytes()))
            .is_some_and(|rest| match self.aliases.get(path) {
                None => rest.is_empty(),
                Some(name) => rest.strip_prefix(b"/") == Some(name.as_bytes()),
            })
    }

    /// Those of the files that are below the directory `path`.
    pub fn below<'s>(&'s self, path: &str) -> impl Iterator<Item = &'s RelPath> + use<'s> {
        let prefix = format!("{path}/");
        self.entries
            .range::<str, _>((std::ops::Bound::Included(prefix.as_str()), std::ops::Bound::Unbounded))
            .map(|(path, _)| path)
            .take_while(move |path| path.as_str().starts_with(&prefix))
    }
}

impl Generation {
    /// Reads the generation at the store path `path`.
    ///
    /// # Errors
    /// [`Error::NotAGeneration`], [`Error::NewerFormat`] or [`Error::Malformed`] when it is not one that can be
    /// used, [`Error::Problems`] when a declared target is not below the home, [`Error::Io`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let not = |why: String| Error::NotAGeneration { path: path.to_owned(), why };
        let manifest = read_manifest(path)?;
        let problems: Vec<Problem> = manifest
            .files
            .keys()
            .chain(manifest.lines.keys())
            .filter_map(|target| {
                let why = RelPath::new(target).err()?.to_string();
                Some(Problem::OutsideHome { target: target.clone(), why })
            })
            .collect();
        if !problems.is_empty() {
            return Err(Error::Problems(problems));
        }
        if !manifest.home_files.starts_with('/') {
            return Err(not(format!("its homeFiles {:?} is not an absolute path", manifest.home_files)));
        }
        let leaves = walk(Path::new(&manifest.home_files)).map_err(|error| {
            let gone = matches!(&error, Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound);
            if gone { not(format!("its files {} are gone", manifest.home_files)) } else { error }
        })?;
        let entries = leaves
            .into_iter()
            .map(|path| {
                let declared = manifest.declared(path.as_str());
                let entry = declared.map(|info| Entry { force: info.force, mode: info.mode });
                (path, entry.unwrap_or_default())
            })
            .collect::<Vec<_>>();
        let lines =
            manifest.lines.iter().filter_map(|(path, lines)| Some((RelPath::new(path).ok()?, lines.clone())));
        let aliases =
            manifest.aliases.iter().filter_map(|(path, name)| Some((RelPath::new(path).ok()?, name.clone())));
        let files =
            FileSet::new(manifest.home_files.clone(), entries).with_lines(lines).with_aliases(aliases);
        let files = Arc::new(files);
        Ok(Self { path: path.to_owned(), manifest, files })
    }

    /// Declared files with `onChange` commands that this generation has otherwise than `old` had them: target and
    /// commands, in the order of the targets.
    ///
    /// # Errors
    /// [`Error::Io`] when the files cannot be read.
    pub fn changed_hooks(&self, old: Option<&Generation>) -> Result<Vec<(String, String)>, Error> {
        let mut changed = Vec::new();
        for (target, info) in self.manifest.files.iter().filter(|(_, info)| !info.on_change.is_empty()) {
            let ours = Path::new(self.files.home_files()).join(target);
            let same = match old {
                None => false,
                Some(old) => same_tree(&Path::new(old.files.home_files()).join(target), &ours)
                    .map_err(|error| Error::io("compare", &ours, error))?,
            };
            if !same {
                changed.push((target.clone(), info.on_change.clone()));
            }
        }
        Ok(changed)
    }
}

/// What the link at `path` points to.
pub(crate) fn target(home_files: &str, path: &RelPath, aliases: &BTreeMap<RelPath, String>) -> String {
    match aliases.get(path) {
        None => format!("{home_files}/{path}"),
        Some(name) => format!("{home_files}/{path}/{name}"),
    }
}

/// Reads the manifest of the generation at the store path `path`.
pub(crate) fn read_manifest(path: &Path) -> Result<Manifest, Error> {
    let not = |why: String| Error::NotAGeneration { path: path.to_owned(), why };
    let manifest_path = path.join("manifest.json");
    let text = match fs::read(&manifest_path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            let why = if path.exists() { "it has no manifest.json" } else { "it does not exist" };
            return Err(not(why.to_owned()));
        }
        Err(error) => return Err(Error::io("read", &manifest_path, error)),
    };
    Manifest::parse(&text, &manifest_path)
}

/// The leaves of the tree at `root`: everything in it that is not a directory, unsorted.
pub(crate) fn walk(root: &Path) -> Result<Vec<RelPath>, Error> {
    let mut leaves = Vec::new();
    let mut pending = vec![String::new()];
    while let Some(dir) = pending.pop() {
        let here = root.join(&dir);
        let listing = fs::read_dir(&here).map_err(|error| Error::io("list the directory", &here, error))?;
        for entry in listing {
            let entry = entry.map_err(|error| Error::io("list the directory", &here, error))?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| Error::NotAGeneration {
                path: root.to_owned(),
                why: format!("the file name {name:?} in it is not UTF-8"),
            })?;
            let below = if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") };
            let kind = entry.file_type().map_err(|error| Error::io("look at", entry.path(), error))?;
            if kind.is_dir() {
                pending.push(below);
            } else {
                leaves.push(RelPath::new(&below).map_err(|why| Error::NotAGeneration {
                    path: root.to_owned(),
                    why: format!("the file name {below:?} in it cannot be used: {why}"),
                })?);
            }
        }
    }
    Ok(leaves)
}

/// Whether two files or trees have the same contents, links in the store being followed.
fn same_tree(one: &Path, other: &Path) -> io::Result<bool> {
    let (Ok(real_one), Ok(real_other)) = (fs::canonicalize(one), fs::canonicalize(other)) else {
        return Ok(false);
    };
    if real_one == real_other {
        return Ok(true);
    }
    let (stat_one, stat_other) = (fs::metadata(one)?, fs::metadata(other)?);
    if stat_one.is_dir() && stat_other.is_dir() {
        let names = |dir: &Path| -> io::Result<Vec<_>> {
            let mut names =
                fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
            names.sort();
            Ok(names)
        };
        let names_one = names(one)?;
        if names_one != names(other)? {
            return Ok(false);
        }
        for name in names_one {
            if !same_tree(&one.join(&name), &other.join(&name))? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let comparable = stat_one.is_file() && stat_other.is_file() && stat_one.len() == stat_other.len();
    Ok(comparable && fs::read(one)? == fs::read(other)?)
}
