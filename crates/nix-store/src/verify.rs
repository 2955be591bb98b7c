//! Verifying a store: whether each object is what the database says.

use std::fmt;

use nix_formats::{Hash, StorePath};

use crate::embedded::EmbeddedStore;
use crate::error::Error;
use crate::lock::{LockFile, Mode};
use crate::node::Node;
use crate::object::metadata_fault;

/// Something that is wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// What SQLite finds wrong with the database file.
    Database(String),
    /// A registered path that is no store path of this store, or has no readable hash.
    BadEntry(String),
    /// A registered object that is not there.
    Missing(StorePath),
    /// An object whose contents are not those that were registered.
    Modified {
        /// The object.
        path: StorePath,
        /// The hash of its archive as registered.
        expected: Hash,
        /// The hash of its archive as it is.
        found: Hash,
    },
    /// An object that cannot be read.
    Unreadable {
        /// The object.
        path: StorePath,
        /// Why not.
        reason: String,
    },
    /// An object whose permissions or times are not canonical.
    Metadata {
        /// The object.
        path: StorePath,
        /// The first thing that is not.
        fault: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(fault) => write!(f, "the database is damaged: {fault}"),
            Self::BadEntry(entry) => write!(f, "the database has a bad entry: '{entry}'"),
            Self::Missing(path) => write!(f, "'{path}' is registered and not there"),
            Self::Modified { path, expected, found } => {
                write!(f, "'{path}' was modified: its hash should be {expected} and is {found}")
            }
            Self::Unreadable { path, reason } => write!(f, "'{path}' cannot be read: {reason}"),
            Self::Metadata { path, fault } => write!(f, "'{path}' is not canonical: {fault}"),
        }
    }
}

impl EmbeddedStore {
    /// Compares every registered object with the database, contents included, and returns what is wrong.
    ///
    /// # Errors
    /// [`Error::Database`] when the database cannot be read at all; [`Error::Locked`] when garbage is
    /// collected for too long.
    pub fn verify(&self) -> Result<Vec<Problem>, Error> {
        let gc_lock = LockFile::open(self.layout.gc_lock())?;
        let _shared = gc_lock.lock(Mode::Shared, self.options.lock_timeout)?;
        let database = self.database.borrow();
        let mut problems: Vec<Problem> = database.faults()?.into_iter().map(Problem::Database).collect();
        for row in database.rows()? {
            let (Ok(path), Ok(expected)) = (self.dir.parse(&row.path), Hash::parse(&row.hash, None)) else {
                problems.push(Problem::BadEntry(row.path));
                continue;
            };
            problems.extend(self.verify_object(path, expected, row.nar_size));
        }
        Ok(problems)
    }

    fn verify_object(&self, path: StorePath, expected: Hash, size: Option<i64>) -> Option<Problem> {
        let file = self.path_of(&path);
        if file.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Some(Problem::Missing(path));
        }
        let found = Node::from_fs(&file, None).and_then(|node| node.nar_hash());
        let found = found.and_then(|(hash, found_size)| Ok((hash, found_size, metadata_fault(&file)?)));
        match found {
            Err(error) => Some(Problem::Unreadable { path, reason: error.to_string() }),
            Ok((found, found_size, _))
                if found != expected || size.is_some_and(|size| u64::try_from(size) != Ok(found_size)) =>
            {
                Some(Problem::Modified { path, expected, found })
            }
            Ok((.., fault)) => fault.map(|fault| Problem::Metadata { path, fault }),
        }
    }
}
