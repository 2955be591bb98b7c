//! Removing a whole store, with everything in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::embedded::EmbeddedStore;
use crate::error::{Context, Error};
use crate::layout::Layout;
use crate::lock::{LockFile, Mode};
use crate::object::delete;

impl EmbeddedStore {
    /// The links outside the store that keep objects in it, as far as they exist and do so.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn indirect_roots(&self) -> Result<Vec<PathBuf>, Error> {
        let dir = self.layout.indirect_roots();
        let mut found = Vec::new();
        for entry in fs::read_dir(&dir).context("read the directory", &dir)? {
            let entry = entry.context("read the directory", &dir)?.path();
            let Ok(link) = fs::read_link(&entry) else { continue };
            if fs::read_link(&link).is_ok_and(|object| object.starts_with(&self.layout.store)) {
                found.push(link);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Removes the store below `root`, or what an earlier call has left of it, and `root` if nothing else is in it. `timeout` is
/// how long to wait for processes that use the store.
///
/// # Errors
/// [`Error::Locked`]; [`Error::Io`].
pub fn destroy(root: &Path, timeout: Duration) -> Result<(), Error> {
    let layout = Layout::new(root);
    let lock = match layout.big_lock().symlink_metadata() {
        Ok(_) => Some(LockFile::open(layout.big_lock())?),
        Err(_) => None,
    };
    let _held = lock.as_ref().map(|lock| lock.lock(Mode::Exclusive, timeout)).transpose()?;
    // First what says that objects are there: should this be interrupted, whoever opens the store next looks at what is left
    // of an object before it is taken for one. The lock goes last.
    for file in layout.database_files() {
        delete(&file)?;
    }
    delete(&layout.store)?;
    delete(&layout.state)?;
    for dir in [&root.join("var"), root] {
        match fs::remove_dir(dir) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
                ) => {}
            other => other.context("remove", dir)?,
        }
    }
    Ok(())
}
