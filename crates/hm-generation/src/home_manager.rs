//! Generations of home-manager, as far as a home is taken over from it and given back: the files they link.
//!
//! home-manager records the generation in use in two places, its profile and a root of garbage collection, which differ
//! when an activation has failed half way (its thread 123). What either of them links is taken over.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::generation::{Entry, FileSet, Generation, walk};
use crate::home::HomeEnv;
use crate::managed::Stores;
use crate::manifest::{LintInfo, MANIFEST_VERSION, Manifest, SystemdInfo, UnitInfo};
use crate::path::RelPath;

/// What of home-manager's is found in a home.
#[derive(Debug, Clone)]
pub(crate) struct TakenOver {
    /// The generation, as if it were one of `hm`'s: with its files, and a manifest that says where its units are.
    pub(crate) generation: Generation,
    /// What it and an unfinished other one link.
    pub(crate) files: FileSet,
}

/// The generation of home-manager that the first of `links` leads to which leads to one. `config_home` is where it is taken
/// to have put its units, relative to the home.
///
/// # Errors
/// [`Error::Io`] when its files cannot be read.
pub(crate) fn find(
    links: &[PathBuf],
    stores: &Stores,
    config_home: &str,
) -> Result<Option<TakenOver>, Error> {
    let mut found: Option<TakenOver> = None;
    for link in links {
        let Ok(path) = fs::canonicalize(link) else { continue };
        if found.as_ref().is_some_and(|found| found.generation.path == path) {
            continue;
        }
        let Some(generation) = read(&path, stores, config_home)? else { continue };
        match &mut found {
            None => {
                let files = (*generation.files).clone();
                found = Some(TakenOver { generation, files });
            }
            Some(found) => found.files.add_entries(&generation.files),
        }
    }
    Ok(found)
}

/// The generation of home-manager that a first switch would take over from, if there is one.
///
/// # Errors
/// [`Error::Io`] when its files cannot be read.
pub fn find_home_manager(env: &HomeEnv, config_home: &str) -> Result<Option<Generation>, Error> {
    let found = find(&env.home_manager, &env.stores, config_home)?;
    Ok(found.map(|found| found.generation))
}

/// Reads the generation at `path`. None when it is none of home-manager's, or one that `hm` has built.
pub(crate) fn read(path: &Path, stores: &Stores, config_home: &str) -> Result<Option<Generation>, Error> {
    let home_files = match fs::canonicalize(path.join("home-files")) {
        Ok(files) => files,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(Error::io("read", path.join("home-files"), error)),
    };
    let Some(text) = home_files.to_str() else { return Ok(None) };
    if path.join("manifest.json").exists() || !stores.owns(format!("{text}/").as_bytes()) {
        return Ok(None);
    }
    let entries = walk(&home_files)?.into_iter().map(|path| (path, Entry::default()));
    let files = Arc::new(FileSet::new(text, entries));
    let units = units(&files, config_home);
    let manifest = Manifest {
        lints: LintInfo::default(),
        version: MANIFEST_VERSION,
        hm_version: String::new(),
        username: String::new(),
        home_directory: String::new(),
        state_version: String::new(),
        config_home: config_home.to_owned(),
        home_files: text.to_owned(),
        home_path: path.join("home-path").to_string_lossy().into_owned(),
        files: BTreeMap::new(),
        lines: BTreeMap::new(),
        trusted_parents: Vec::new(),
        units,
        packages: Vec::new(),
        aliases: BTreeMap::new(),
        systemd: SystemdInfo::default(),
        session_variables: BTreeMap::new(),
        warnings: Vec::new(),
    };
    Ok(Some(Generation { path: path.to_owned(), manifest, files }))
}

/// The unit files among `files`.
fn units(files: &FileSet, config_home: &str) -> BTreeMap<String, UnitInfo> {
    let dir = format!("{config_home}/systemd/user");
    let here = |path: &&RelPath| path.parent() == dir;
    let info = |path: &RelPath| UnitInfo {
        path: path.to_string(),
        defined: None,
        drop_ins: Vec::new(),
        links: Vec::new(),
    };
    files.entries().keys().filter(here).map(|path| (path.name().to_owned(), info(path))).collect()
}
