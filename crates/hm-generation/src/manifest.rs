//! `manifest.json` of a generation: what it holds and where each piece was defined.
//!
//! The file is written when a generation is built and never changed. Its `version` says which form it has; this
//! is form 2. A generation of form 1 knows neither copied files, nor lines in files, nor trusted directories, and is read
//! as one that has none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The newest form of `manifest.json` that is understood.
pub const MANIFEST_VERSION: u64 = 2;

/// The contents of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The form of the file, at most [`MANIFEST_VERSION`].
    pub version: u64,
    /// The version of `hm` whose modules built the generation.
    pub hm_version: String,
    /// `home.username`.
    pub username: String,
    /// `home.homeDirectory`.
    pub home_directory: String,
    /// `home.stateVersion`.
    pub state_version: String,
    /// `xdg.configHome`, relative to the home.
    pub config_home: String,
    /// The store object with every file to be linked into the home.
    pub home_files: String,
    /// The store object that joins `home.packages`.
    pub home_path: String,
    /// The declared files by target relative to the home. A directory linked with `recursive` is one entry here.
    #[serde(default)]
    pub files: BTreeMap<String, FileInfo>,
    /// Lines that files of the user shall have, by file relative to the home.
    #[serde(default)]
    pub lines: BTreeMap<String, LinesInfo>,
    /// Directories outside the home into which a link in the home may lead: `home.trustedParents`.
    #[serde(default)]
    pub trusted_parents: Vec<PathBuf>,
    /// The systemd user units by name.
    #[serde(default)]
    pub units: BTreeMap<String, UnitInfo>,
    /// What the configuration says of mistakes in its units.
    #[serde(default)]
    pub lints: LintInfo,
    /// Further names of units: links in the home whose target has this name added, so that it leads by way of the store
    /// back into the folder of units. systemd takes only a link to a file in there for a further name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<String, String>,
    /// `home.packages`.
    #[serde(default)]
    pub packages: Vec<Package>,
    /// How units are to be moved to this generation.
    #[serde(default)]
    pub systemd: SystemdInfo,
    /// `home.sessionVariables`.
    #[serde(default)]
    pub session_variables: BTreeMap<String, String>,
    /// Warnings of the evaluation.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// A declared file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileInfo {
    /// Replace whatever stands at the target.
    pub force: bool,
    /// Shell commands to run after a switch that changed the file; empty for none.
    pub on_change: String,
    /// The source is a directory whose files are linked one by one.
    pub recursive: bool,
    /// What stands in the home: a link, or a copy that the user may edit.
    pub mode: FileMode,
    /// Where the configuration defines it.
    pub defined: Option<Position>,
}

/// How a declared file gets into the home.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileMode {
    /// A symbolic link into the store.
    #[default]
    Link,
    /// A regular file that the user may edit; with a directory, one for each file in it.
    Copy,
}

/// Lines that `hm` keeps in a file that is otherwise the user's, such as `~/.profile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinesInfo {
    /// The lines, without those that mark their beginning and end.
    pub text: String,
    /// Whether the file is made when it does not exist.
    #[serde(default)]
    pub create: bool,
}

/// A systemd user unit of a generation, or one from elsewhere that the generation says something about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitInfo {
    /// Its file, relative to the home; a drop-in or link where its file comes from elsewhere.
    pub path: String,
    /// Where the configuration defines it.
    #[serde(default)]
    pub defined: Option<Position>,
    /// The drop-ins that were made for it. Those in the folder of another unit make that one uphold it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop_ins: Vec<UnitPart>,
    /// The links that were made to it: what pulls it in, and its other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<UnitPart>,
}

/// A drop-in or link that belongs to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPart {
    /// Where it lies, relative to the home.
    pub path: String,
    /// Where the configuration defines it.
    #[serde(default)]
    pub defined: Option<Position>,
}

/// What a configuration says of mistakes in its units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LintInfo {
    /// `systemd.user.lints`: `off`, `warn` or `error`, by the name of a lint.
    pub levels: BTreeMap<String, String>,
    /// Paths with specifiers that the evaluation has warned of where scripts contain them.
    pub told: Vec<String>,
}

/// A package of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name, with the version where it has one.
    pub name: String,
    /// Its store path.
    pub path: String,
}

/// How units are to be moved to a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SystemdInfo {
    /// `systemd.user.startServices`: `sd-switch` acts, `suggest` only says what it would do.
    pub start_services: String,
    /// How long to wait for units to start, in milliseconds; 0 for the default.
    pub services_start_timeout_ms: u64,
}

impl Default for SystemdInfo {
    fn default() -> Self {
        Self { start_services: "sd-switch".to_owned(), services_start_timeout_ms: 0 }
    }
}

/// A place in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Manifest {
    /// Reads the text of a `manifest.json`; `path` names it in errors.
    ///
    /// # Errors
    /// [`Error::NewerFormat`] when a later `hm` wrote it, [`Error::Malformed`] when it is not a manifest.
    pub fn parse(text: &[u8], path: &Path) -> Result<Self, Error> {
        check_version(text, MANIFEST_VERSION, path)?;
        serde_json::from_slice(text).map_err(|source| Error::Malformed { path: path.to_owned(), source })
    }

    /// Where the file at `target` is declared: the entry itself, or the nearest directory declared around it.
    #[must_use]
    pub fn declared(&self, target: &str) -> Option<&FileInfo> {
        let mut at = target;
        loop {
            if let Some(info) = self.files.get(at) {
                return Some(info);
            }
            at = at.rsplit_once('/')?.0;
        }
    }
}

/// Refuses a versioned JSON document that is newer than `newest`, before its other fields are looked at.
pub(crate) fn check_version(text: &[u8], newest: u64, path: &Path) -> Result<(), Error> {
    version_of(text, newest, path).map(drop)
}

/// The version of a versioned JSON document, which is at most `newest`.
pub(crate) fn version_of(text: &[u8], newest: u64, path: &Path) -> Result<u64, Error> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    let Versioned { version } = serde_json::from_slice(text)
        .map_err(|source| Error::Malformed { path: PathBuf::from(path), source })?;
    if version > newest {
        return Err(Error::NewerFormat { path: PathBuf::from(path), version, newest });
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{ "version": 2, "hmVersion": "0.1.0", "username": "u", "homeDirectory": "/home/u",
        "stateVersion": "24.05", "configHome": ".config", "homeFiles": "/s/h-home-manager-files",
        "homePath": "/s/h-home-manager-path",
        "files": { ".config/foo": { "force": true, "onChange": "x", "recursive": true, "mode": "copy",
                                     "defined": { "file": "/home/u/home.nix", "line": 3, "column": 5 } } },
        "lines": { ".profile": { "text": ". x", "create": true } }, "trustedParents": [ "/data" ],
        "units": { "x.service": { "path": ".config/systemd/user/x.service", "defined": null,
            "dropIns": [ { "path": ".config/systemd/user/x.service.d/hm.conf", "defined": null } ],
            "links": [ { "path": ".config/systemd/user/y.target.wants/x.service", "defined": null } ] } },
        "aliases": { ".config/systemd/user/z.service": "x.service" },
        "lints": { "levels": { "never-started": "off" }, "told": [ "%r/x" ] },
        "packages": [ { "name": "hello", "path": "/s/h-hello" } ],
        "systemd": { "startServices": "suggest", "servicesStartTimeoutMs": 7 },
        "sessionVariables": { "K": "V" }, "warnings": [ "w" ] }"#;

    #[test]
    fn every_field_is_read_and_written_back() {
        let manifest = Manifest::parse(FULL.as_bytes(), Path::new("m")).unwrap();
        let back: serde_json::Value = serde_json::to_value(&manifest).unwrap();
        assert_eq!(back, serde_json::from_str::<serde_json::Value>(FULL).unwrap());
        let defined = manifest.files[".config/foo"].defined.as_ref().unwrap();
        assert_eq!(defined.to_string(), "/home/u/home.nix:3:5");
    }

    #[test]
    fn a_file_below_a_declared_directory_is_declared_by_it() {
        let manifest = Manifest::parse(FULL.as_bytes(), Path::new("m")).unwrap();
        assert!(manifest.declared(".config/foo/deep/er").is_some());
        assert!(manifest.declared(".config/foobar").is_none(), "a name that merely starts alike is another");
    }

    #[test]
    fn unreadable_manifests() {
        let check = |text: &str, expected: &str| {
            let error = Manifest::parse(text.as_bytes(), Path::new("/g/manifest.json")).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(r#"{"version": 3, "anything": []}"#, "/g/manifest.json has format 3");
        check("{}", "/g/manifest.json is damaged");
        check("", "/g/manifest.json is damaged");
        check(r#"{"version": 1}"#, "missing field");
    }
}
