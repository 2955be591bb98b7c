//! Advisory locks on files, compatible with Nix's (`flock`).

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Context, Error};

/// How long to wait before trying again.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// A lock file that is open, whether locked or not.
#[derive(Debug)]
pub(crate) struct LockFile {
    file: File,
    path: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Shared,
    Exclusive,
}

impl LockFile {
    /// Opens the lock file, creating it if need be.
    pub(crate) fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        Ok(Self { file: file.context("open the lock file", &path)?, path })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is still what lies at its path. A store that was discarded has taken its lock files along.
    pub(crate) fn is_in_place(&self) -> Result<bool, Error> {
        let own = self.file.metadata().context("examine", &self.path)?;
        match self.path.symlink_metadata() {
            Ok(found) => Ok((own.dev(), own.ino()) == (found.dev(), found.ino())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).context("examine", &self.path),
        }
    }

    /// Takes the lock if nobody holds it otherwise; it lasts until the file is closed.
    pub(crate) fn try_hold(&self, mode: Mode) -> Result<bool, Error> {
        try_lock(&self.file, mode).context("lock", &self.path)
    }

    /// Takes the lock, waiting no longer than `timeout`. It is given up with the guard.
    pub(crate) fn lock(&self, mode: Mode, timeout: Duration) -> Result<Guard<'_>, Error> {
        self.hold(mode, timeout)?;
        Ok(Guard(&self.file))
    }

    /// Takes the lock until the file is closed, waiting no longer than `timeout`.
    pub(crate) fn hold(&self, mode: Mode, timeout: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + timeout;
        let mut told = false;
        while !try_lock(&self.file, mode).context("lock", &self.path)? {
            if Instant::now() >= deadline {
                return Err(Error::Locked { path: self.path.clone() });
            }
            if !std::mem::replace(&mut told, true) {
                tracing::info!(lock = %self.path.display(), "waiting for another process that uses the store");
            }
            sleep(POLL);
        }
        Ok(())
    }
}

/// A lock that is held. Giving it up cannot fail, short of a closed file.
#[derive(Debug)]
pub(crate) struct Guard<'a>(&'a File);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        _ = flock(self.0, FlockOperation::Unlock);
    }
}

/// Takes a lock if nobody holds it otherwise; it lasts until the file is closed.
pub(crate) fn try_lock(file: impl AsFd, mode: Mode) -> Result<bool, Errno> {
    let operation = match mode {
        Mode::Shared => FlockOperation::NonBlockingLockShared,
        Mode::Exclusive => FlockOperation::NonBlockingLockExclusive,
    };
    loop {
        match flock(file.as_fd(), operation) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}
