//! The one error type of this crate.

use std::io;
use std::path::{Path, PathBuf};

use nix_formats::StorePath;

/// A store that cannot do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused something.
    #[error("cannot {action} '{}': {source}", path.display())]
    Io {
        /// What was tried, as in "cannot ACTION PATH".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The store's database could not be read or written.
    #[error("the store's database '{}' cannot be used: {source}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A name, path or tree that Nix's formats do not allow.
    #[error(transparent)]
    Format(#[from] nix_formats::Error),
    /// The directory cannot hold a store.
    #[error("'{}' cannot hold a store: {reason}; choose another directory with --store-dir", dir.display())]
    Unsuitable {
        /// The store directory.
        dir: PathBuf,
        /// Why it cannot.
        reason: Unsuitable,
    },
    /// The store was created elsewhere and moved or copied. Its objects name the place where they were made.
    #[error(
        "the store in '{}' was created as '{recorded}', which is another directory now; a store cannot be moved",
        dir.display()
    )]
    Moved {
        /// Where it was opened.
        dir: PathBuf,
        /// Where it was created.
        recorded: String,
    },
    /// The database was made by a version of Nix with another schema.
    #[error("the store in '{}' has database schema '{found}', only schema 10 is supported", dir.display())]
    Schema {
        /// The state directory.
        dir: PathBuf,
        /// The schema version found.
        found: String,
    },
    /// Another process held a lock for too long.
    #[error("another process has been using the store for too long: it holds the lock '{}'", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// An object refers to one that is not in the store.
    #[error("'{object}' refers to '{reference}', which is not in the store")]
    InvalidReference {
        /// The name of the object that was to be added.
        object: String,
        /// What it refers to.
        reference: StorePath,
    },
    /// A store path that was asked about is not in the store.
    #[error("'{0}' is not in the store")]
    NotValid(StorePath),
    /// A file of a kind that a store cannot hold: a socket, pipe or device.
    #[error("'{}' is neither a regular file, a directory nor a symbolic link", .0.display())]
    UnsupportedFile(PathBuf),
    /// A file changed while it was copied into the store.
    #[error("'{}' changed while it was copied into the store", .0.display())]
    Changed(PathBuf),
    /// The caller's filter gave up.
    #[error("adding '{}' to the store was given up by its filter", .0.display())]
    FilterAborted(PathBuf),
    /// A root must be an absolute path.
    #[error("the garbage-collection root '{}' is not an absolute path", .0.display())]
    RelativeRoot(PathBuf),
    /// There are objects that have not been committed.
    #[error("the store has objects that are not committed yet")]
    Uncommitted,
}

/// Why a directory cannot hold a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsuitable {
    /// The path does not begin at the root, or leads through `..` where nothing exists yet.
    #[error("it is not an absolute path without '..'")]
    Relative,
    /// The path is not UTF-8.
    #[error("its path is not plain ASCII")]
    NotAscii,
    /// The path has a character that scripts, unit files or search paths would misread.
    #[error("its path contains the character {0:?}, which scripts and unit files would misread")]
    Character(char),
    /// A script's first line could not name an interpreter in the store.
    #[error(
        "its path has {length} characters, but the first line of a script has room for an interpreter's path only up to {max}"
    )]
    TooLong {
        /// The length of the store directory's path.
        length: usize,
        /// The longest that is accepted.
        max: usize,
    },
    /// A part of the store that must be a directory is a symbolic link.
    #[error("'{}' is a symbolic link, which Nix does not allow", .0.display())]
    Symlink(PathBuf),
    /// The file system is mounted so that no program on it can be run.
    #[error("its file system is mounted 'noexec', so that no program in it could be run")]
    NoExec,
    /// The caller may not write there.
    #[error("it is not writable")]
    NotWritable,
    /// The directory is somebody else's.
    #[error("it belongs to user {owner}, not to the calling user {caller}")]
    NotOwner {
        /// The user id of the directory's owner.
        owner: u32,
        /// The caller's effective user id.
        caller: u32,
    },
}

/// Adds to an operating-system error what was tried, and on what.
pub(crate) trait Context<T> {
    fn context(self, action: &'static str, path: impl AsRef<Path>) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> Context<T> for Result<T, E> {
    fn context(self, action: &'static str, path: impl AsRef<Path>) -> Result<T, Error> {
        self.map_err(|source| Error::Io { action, path: path.as_ref().to_owned(), source: source.into() })
    }
}
