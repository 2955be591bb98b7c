//! Taking back what was added and not committed, and a store that was created for nothing else.
//!
//! It is a collection of garbage that knows beforehand what to delete, under the same locks. A process that dies meanwhile,
//! or does not come to it, leaves what any collection removes.

use std::fs;
use std::io;
use std::time::Duration;

use crate::embedded::EmbeddedStore;
use crate::error::{Context, Error};
use crate::layout::Layout;
use crate::location;
use crate::lock::{LockFile, Mode};
use crate::object::delete;

/// How long to wait for a collector at most. What stays behind then does no harm.
const PATIENCE: Duration = Duration::from_secs(2);

impl EmbeddedStore {
    /// Closes the store and deletes the objects that were added and not committed, except those that another process uses
    /// or has registered. If opening has created the store, and nothing was registered in it since, it is removed as a
    /// whole.
    ///
    /// # Errors
    /// [`Error::Locked`] when other processes use the store for too long; [`Error::Database`], [`Error::Io`]. What could
    /// not be deleted is garbage for the next collection.
    pub fn discard(self) -> Result<(), Error> {
        self.delete_installed()?;
        let Self { layout, database, temp_roots, workshop, created, big_lock, .. } = self;
        drop((workshop, temp_roots));
        // With the exclusive lock, nobody else has the store open; whoever waits for the lock finds out afterwards.
        if created.is_empty() || !big_lock.try_hold(Mode::Exclusive)? {
            return Ok(());
        }
        if !database.borrow().is_empty()? || !holds_nothing(&layout)? {
            return Ok(());
        }
        drop(database);
        match delete(&layout.store).and_then(|()| delete(&layout.state)) {
            // Somebody else is just creating the store again.
            Err(Error::Io { source, .. })
                if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) => {}
            other => other?,
        }
        location::remove_created(&created);
        Ok(())
    }

    fn delete_installed(&self) -> Result<(), Error> {
        let installed = self.installed.take();
        if installed.is_empty() {
            return Ok(());
        }
        let gc_lock = LockFile::open(self.layout.gc_lock())?;
        let _exclusive = gc_lock.lock(Mode::Exclusive, self.options.lock_timeout.min(PATIENCE))?;
        // Whoever uses one of the objects has recorded that before it looked whether the object is there.
        let used = self.temp_roots.of_others(&self.layout, &self.dir)?;
        for object in installed.iter().filter(|object| !used.contains(object)) {
            if self.database.borrow().id(&self.dir, object)?.is_none() {
                delete(&self.path_of(object))?;
            }
        }
        Ok(())
    }
}

/// Whether there is no object in the store, registered or not, and no root.
fn holds_nothing(layout: &Layout) -> Result<bool, Error> {
    for dir in [&layout.store, &layout.links(), &layout.indirect_roots(), &layout.profiles()] {
        for entry in fs::read_dir(dir).context("read the directory", dir)? {
            if entry.context("read the directory", dir)?.path() != layout.links() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
