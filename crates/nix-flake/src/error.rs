//! What can go wrong while an input is read or fetched.

use std::path::{Path, PathBuf};

use nix_eval::host::HostError;
use nix_formats::error::BadUrl;

/// Why an input could not be read or fetched. The wording is Nix's wherever Nix has the same case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An input of an unknown type; its attributes as JSON.
    #[error("cannot fetch unsupported input '{0}'")]
    UnknownType(String),
    /// An input that cannot be fetched.
    #[error("{0}")]
    BadInput(String),
    /// An input, a URL or a hash that is none.
    #[error(transparent)]
    Format(#[from] nix_formats::Error),
    /// The contents are not those that were asked for.
    #[error("NAR hash mismatch in input '{input}', expected '{expected}' but got '{found}'")]
    HashMismatch {
        /// The input.
        input: String,
        /// The hash it should have.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// A locked input whose attributes are others now.
    #[error("mismatch in field '{field}' of input '{specified}', got '{found}'")]
    FieldMismatch {
        /// The attribute.
        field: String,
        /// The input as it was asked for.
        specified: String,
        /// The input as it was found.
        found: String,
    },
    /// A file whose hash is not the expected one.
    #[error("hash mismatch in file downloaded from '{url}':\n  specified: {expected}\n  got:       {found}")]
    FileHashMismatch {
        /// Where from.
        url: String,
        /// The hash it should have.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// A download that failed.
    #[error("unable to download '{url}': {reason}")]
    Download {
        /// Where from.
        url: String,
        /// Why.
        reason: String,
    },
    /// What a URL leads to cannot be the archive that was asked for.
    #[error("tarball {path:?} {reason}")]
    NotATarball {
        /// The local path.
        path: PathBuf,
        /// What is there instead.
        reason: &'static str,
    },
    /// An archive that cannot be read.
    #[error("Failed to open archive ({0})")]
    Archive(String),
    /// A member of an archive that no source tree can have.
    #[error("file '{name}' in tarball {reason}")]
    ArchiveMember {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What a git repository does not have, or cannot do.
    #[error("{0}")]
    Git(String),
    /// What a Mercurial repository does not have, or cannot do.
    #[error("{0}")]
    Mercurial(String),
    /// A program that could not be run.
    #[error("executing '{program}': {source}")]
    Program {
        /// The program.
        program: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// An answer of a forge that is not understood.
    #[error("{0}")]
    Forge(String),
    /// A store object that another store does not have, or not so.
    #[error("{0}")]
    Closure(String),
    /// A file that could not be read or written.
    #[error("{action} '{path}': {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] nix_store::Error),
}

/// The result of everything fallible in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<BadUrl> for Error {
    fn from(error: BadUrl) -> Self {
        Error::Format(error.into())
    }
}

impl From<Error> for HostError {
    fn from(error: Error) -> Self {
        HostError(error.to_string())
    }
}

/// Says what was tried on which file.
pub(crate) trait Context<T> {
    fn context(self, action: &'static str, path: impl AsRef<Path>) -> Result<T>;
}

impl<T, E: Into<std::io::Error>> Context<T> for Result<T, E> {
    fn context(self, action: &'static str, path: impl AsRef<Path>) -> Result<T> {
        self.map_err(|error| Error::Io { action, path: path.as_ref().to_owned(), source: error.into() })
    }
}
