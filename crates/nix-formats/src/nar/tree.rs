//! A file tree in memory.

use std::collections::BTreeMap;

use super::{MAX_NAME_LEN, MAX_TARGET_LEN};
use crate::error::{Error, printable};

/// What an archive holds: a regular file, a symbolic link or a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// A regular file.
    Regular {
        /// Its bytes.
        contents: Vec<u8>,
        /// Whether it may be executed; the only permission that an archive knows.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points; not empty, without zero bytes.
        target: Vec<u8>,
    },
    /// A directory; its entries are sorted by the bytes of their names.
    Directory(BTreeMap<Vec<u8>, Tree>),
}

impl Tree {
    /// A regular file that is not executable.
    pub fn file(contents: impl Into<Vec<u8>>) -> Self {
        Self::Regular { contents: contents.into(), executable: false }
    }

    /// A regular file that is executable.
    pub fn executable(contents: impl Into<Vec<u8>>) -> Self {
        Self::Regular { contents: contents.into(), executable: true }
    }

    /// A symbolic link.
    pub fn symlink(target: impl Into<Vec<u8>>) -> Self {
        Self::Symlink { target: target.into() }
    }

    /// A directory.
    pub fn directory<N: Into<Vec<u8>>>(entries: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Directory(entries.into_iter().map(|(name, tree)| (name.into(), tree)).collect())
    }
}

/// Whether a directory entry may have this name: not empty, not `.` or `..`, without slashes and zero bytes,
/// at most [`MAX_NAME_LEN`] bytes.
///
/// # Errors
/// [`Error::BadTree`].
pub fn check_entry_name(name: &[u8]) -> Result<(), Error> {
    if name.len() > MAX_NAME_LEN {
        return Err(Error::BadTree(format!("the name '{}' is longer than {MAX_NAME_LEN}", printable(name))));
    }
    if matches!(name, b"" | b"." | b"..") || name.iter().any(|&byte| byte == b'/' || byte == 0) {
        return Err(Error::BadTree(format!("invalid file name '{}'", printable(name))));
    }
    Ok(())
}

/// Whether a symbolic link may point there: not empty, without zero bytes, at most [`MAX_TARGET_LEN`] bytes.
///
/// # Errors
/// [`Error::BadTree`].
pub fn check_symlink_target(target: &[u8]) -> Result<(), Error> {
    if target.is_empty() || target.contains(&0) || target.len() > MAX_TARGET_LEN {
        return Err(Error::BadTree(format!("invalid symlink target '{}'", printable(target))));
    }
    Ok(())
}
