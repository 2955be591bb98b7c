//! What an evaluation needs from the world around it. The caller passes it in; the evaluator itself opens no file, reads
//! no environment and knows no store.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nix_formats::nar::Tree;
use nix_formats::store_path::{StoreDir, StorePath};
use nix_formats::{Hash, InputAttrs, Registry, WrittenDerivation};

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileType {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, socket or pipe.
    Unknown,
}

impl FileType {
    /// The name that `builtins.readDir` gives.
    pub fn name(self) -> &'static str {
        match self {
            FileType::Regular => "regular",
            FileType::Directory => "directory",
            FileType::Symlink => "symlink",
            FileType::Unknown => "unknown",
        }
    }
}

/// Why the world did not do what was asked: a sentence, without the path or object it is about.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct HostError(pub String);

impl From<std::io::Error> for HostError {
    fn from(error: std::io::Error) -> Self {
        HostError(match error.kind() {
            std::io::ErrorKind::NotFound => "No such file or directory".to_owned(),
            std::io::ErrorKind::PermissionDenied => "Permission denied".to_owned(),
            std::io::ErrorKind::NotADirectory => "Not a directory".to_owned(),
            std::io::ErrorKind::IsADirectory => "Is a directory".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// Files, environment, clock and store.
pub trait Host {
    /// The store that paths are computed for.
    fn store_dir(&self) -> &StoreDir;

    /// A file's bytes; links are followed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_file(&self, path: &Path) -> Result<Vec<u8>, HostError>;

    /// The entries of a directory, in any order.
    ///
    /// # Errors
    /// When it is none or cannot be read.
    fn read_dir(&self, path: &Path) -> Result<Vec<(Vec<u8>, FileType)>, HostError>;

    /// What is at `path` itself, without following a link there; `None` when nothing is.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn file_type(&self, path: &Path) -> Result<Option<FileType>, HostError>;

    /// Whether the owner may execute the regular file at `path`.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn is_executable(&self, path: &Path) -> Result<bool, HostError>;

    /// Where a symbolic link points.
    ///
    /// # Errors
    /// When it is none or cannot be read.
    fn read_link(&self, path: &Path) -> Result<PathBuf, HostError>;

    /// Whether an executable regular file is at `path`, links followed. A host without programs has none.
    fn is_program(&self, path: &Path) -> bool {
        _ = path;
        false
    }

    /// An environment variable.
    fn environment(&self, name: &str) -> Option<Vec<u8>>;

    /// Seconds since the epoch.
    fn current_time(&self) -> i64;

    /// Adds a text object (`builtins.toFile`).
    ///
    /// # Errors
    /// When the store refuses.
    fn add_text(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError>;

    /// Adds a file tree as a `source` object (recursive SHA-256).
    ///
    /// # Errors
    /// When the store refuses.
    fn add_tree(
        &self,
        name: &str,
        tree: &Tree,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError>;

    /// Adds a regular file as a fixed output known by the flat SHA-256 of its contents.
    ///
    /// # Errors
    /// When the store refuses.
    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath, HostError>;

    /// Adds a derivation.
    ///
    /// # Errors
    /// When the store refuses.
    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath, HostError>;

    /// Whether the store has this object.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn is_valid_path(&self, path: &StorePath) -> Result<bool, HostError>;

    /// The store objects that a store object refers to.
    ///
    /// # Errors
    /// When the store cannot be asked, or lacks the object.
    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>, HostError>;

    /// Builds an output of a derivation that the evaluation wants to read (import from derivation).
    ///
    /// # Errors
    /// When it cannot be built here.
    fn realise(&self, derivation: &StorePath, output: &str) -> Result<(), HostError>;

    /// Shows a message of `builtins.trace`, `warn` and the like.
    fn message(&self, level: MessageLevel, text: &str);

    /// Whoever brings what lies elsewhere into the store, or `None` where nothing may be fetched.
    fn fetcher(&self) -> Option<&dyn Fetcher> {
        None
    }
}

/// Brings files and trees that lie elsewhere into the store.
pub trait Fetcher {
    /// The registry of flakes that everybody shares, downloaded.
    ///
    /// # Errors
    /// When it cannot be had.
    fn global_registry(&self) -> Result<Registry, HostError>;

    /// Fetches a file, or the tree in an archive (`builtins.fetchurl`, `fetchTarball`).
    ///
    /// # Errors
    /// When it cannot be had, or has another hash than expected.
    fn fetch_file(&self, request: &FileRequest<'_>) -> Result<StorePath, HostError>;

    /// Fetches a source tree (`builtins.fetchTree`, `fetchGit`, a flake's input).
    ///
    /// # Errors
    /// When it cannot be had, or is another than the locked one.
    fn fetch_tree(&self, input: &InputAttrs) -> Result<FetchedTree, HostError>;

    /// How many revisions lead to the one of an input that [`Fetcher::fetch_tree`] returned with `counts_revisions`.
    ///
    /// # Errors
    /// When the history is not known to its beginning.
    fn rev_count(&self, locked: &InputAttrs) -> Result<u64, HostError>;

    /// Copies a store object with everything that it needs from another store (`builtins.fetchClosure`).
    ///
    /// # Errors
    /// When it cannot be had, or is not what was asked for.
    fn fetch_closure(&self, request: &ClosureRequest<'_>) -> Result<FetchedClosure, HostError>;
}

/// A file to fetch.
#[derive(Clone, Debug)]
pub struct FileRequest<'r> {
    /// Where from.
    pub url: &'r str,
    /// The store object's name.
    pub name: &'r str,
    /// Whether it is an archive whose contents are wanted.
    pub unpack: bool,
    /// The hash that it must have: of the file, or with `unpack` of the tree's archive (NAR).
    pub expected: Option<Hash>,
}

/// A fetched source tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedTree {
    /// The tree's store object.
    pub path: StorePath,
    /// The input with all that is known of it now: `narHash`, `lastModified`, `rev` and so on.
    pub locked: InputAttrs,
    /// Whether `revCount` is to be had from [`Fetcher::rev_count`], which may take long.
    pub counts_revisions: bool,
}

/// A store object to copy from another store.
#[derive(Clone, Debug)]
pub struct ClosureRequest<'r> {
    /// The other store's URL.
    pub from_store: &'r str,
    /// The object there.
    pub from_path: &'r StorePath,
    /// The content-addressed object that it is to be here; `Some(None)` asks to be told which that is.
    pub to_path: Option<Option<&'r StorePath>>,
    /// Whether the object may be known by its inputs alone.
    pub input_addressed: bool,
}

/// A store object that was copied from another store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedClosure {
    /// The object.
    pub path: StorePath,
    /// It and what it refers to, directly and indirectly.
    pub closure: BTreeSet<StorePath>,
}

/// How a message of the program is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageLevel {
    /// `builtins.trace`.
    Trace,
    /// `builtins.warn`, and the evaluator's own warnings.
    Warning,
    /// What a user should know of the surroundings, not of the program: what could not be fetched, say.
    Notice,
}
