//! The state directory: the lock, the journal of a run under way, and the list of directories that `hm` made.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::history::{HISTORY, History};
use crate::journal::Journal;
use crate::manifest::check_version;
use crate::origins::{ORIGINS_VERSION, Origins};
use crate::path::RelPath;
use crate::sys::Sys;

const LOCK: &str = "lock";
const JOURNAL: &str = "journal.json";
const MADE: &str = "directories.json";
const ORIGINS: &str = "origins.json";

/// The newest form of the list of directories that is understood.
const MADE_VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Made {
    version: u64,
    directories: BTreeSet<RelPath>,
}

/// The state directory by path; it need not exist.
#[derive(Debug, Clone)]
pub(crate) struct State<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) sys: &'a Sys,
}

impl State<'_> {
    pub(crate) fn journal_path(&self) -> PathBuf {
        self.dir.join(JOURNAL)
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.dir.join(LOCK)
    }

    /// Takes the lock, which is held until the handle is dropped. `waiting` is called once when another process
    /// has it, and says whether to wait.
    pub(crate) fn lock(&self, waiting: &mut dyn FnMut() -> bool) -> Result<OwnedFd, Error> {
        let path = self.lock_path();
        let mut asked = false;
        loop {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let lock = match rustix::fs::open(&path, flags, Mode::empty()) {
                Err(Errno::NOENT) => {
                    let dir = self.open_or_make()?;
                    match self.sys.create(dir.as_fd(), LOCK) {
                        // Whoever had it has removed the directory as well, since it was opened.
                        Err(Errno::NOENT) => continue,
                        other => other.map_err(Error::at("make the lock file", &path))?,
                    }
                }
                other => other.map_err(Error::at("open the lock file", &path))?,
            };
            match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    if !asked && !waiting() {
                        return Err(Error::Locked { path });
                    }
                    asked = true;
                    flock(&lock, FlockOperation::LockExclusive).map_err(Error::at("lock", &path))?;
                }
                Err(errno) => return Err(Error::io("lock", path, errno)),
            }
            // Whoever had it may have removed the file with everything else of hm's, and then it locks nothing.
            let held = rustix::fs::fstat(&lock).map_err(Error::at("look at", &path))?;
            match rustix::fs::stat(&path) {
                Ok(there) if (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino) => return Ok(lock),
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(Error::io("look at", path, errno)),
            }
        }
    }

    /// Whether a process has the lock. Makes no file.
    pub(crate) fn is_locked(&self) -> bool {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        rustix::fs::open(self.lock_path(), flags, Mode::empty())
            .is_ok_and(|lock| flock(&lock, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK))
    }

    /// The journal of an interrupted run, or of one that another process has under way.
    pub(crate) fn journal(&self) -> Result<Option<Journal<'static>>, Error> {
        let path = self.journal_path();
        let Some(text) = read(&path)? else { return Ok(None) };
        Journal::parse(&text, &path).map(Some)
    }

    pub(crate) fn write_journal(&self, journal: &Journal<'_>, durable: bool) -> Result<(), Error> {
        let path = self.journal_path();
        let text =
            serde_json::to_vec(journal).map_err(|source| Error::Malformed { path: path.clone(), source })?;
        let dir = self.open_or_make()?;
        self.sys
            .write_file(dir.as_fd(), JOURNAL, &text, durable)
            .map_err(Error::at("write the journal", &path))
    }

    /// Removes the journal, if it is there.
    pub(crate) fn drop_journal(&self) -> Result<(), Error> {
        let path = self.journal_path();
        let dir = self.open_or_make()?;
        match self.sys.unlink(dir.as_fd(), JOURNAL) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(Error::io("remove the journal", path, errno)),
        }
    }

    /// The directories of the home that `hm` made.
    pub(crate) fn made(&self) -> Result<BTreeSet<RelPath>, Error> {
        let path = self.dir.join(MADE);
        let Some(text) = read(&path)? else { return Ok(BTreeSet::new()) };
        check_version(&text, MADE_VERSION, &path)?;
        let made: Made = serde_json::from_slice(&text).map_err(|source| Error::Malformed { path, source })?;
        Ok(made.directories)
    }

    pub(crate) fn write_made(&self, directories: BTreeSet<RelPath>, durable: bool) -> Result<(), Error> {
        let path = self.dir.join(MADE);
        let made = Made { version: MADE_VERSION, directories };
        let text =
            serde_json::to_vec(&made).map_err(|source| Error::Malformed { path: path.clone(), source })?;
        let dir = self.open_or_make()?;
        self.sys.write_file(dir.as_fd(), MADE, &text, durable).map_err(Error::at("write", &path))
    }

    /// What stood in the home before `hm` came.
    pub(crate) fn origins(&self) -> Result<Origins, Error> {
        let path = self.dir.join(ORIGINS);
        let Some(text) = read(&path)? else { return Ok(Origins::default()) };
        check_version(&text, ORIGINS_VERSION, &path)?;
        serde_json::from_slice(&text).map_err(|source| Error::Malformed { path, source })
    }

    pub(crate) fn write_origins(&self, origins: &Origins, durable: bool) -> Result<(), Error> {
        let path = self.dir.join(ORIGINS);
        let text =
            serde_json::to_vec(origins).map_err(|source| Error::Malformed { path: path.clone(), source })?;
        let dir = self.open_or_make()?;
        self.sys.write_file(dir.as_fd(), ORIGINS, &text, durable).map_err(Error::at("write", &path))
    }

    pub(crate) fn history(&self) -> History {
        History::read_dir(self.dir)
    }

    /// Is not waited for until it is on the disk: what a power failure loses of it, the next boot does not ask for.
    pub(crate) fn write_history(&self, history: &History) -> Result<(), Error> {
        let path = self.dir.join(HISTORY);
        let text =
            serde_json::to_vec(history).map_err(|source| Error::Malformed { path: path.clone(), source })?;
        let dir = self.open_or_make()?;
        self.sys.write_file(dir.as_fd(), HISTORY, &text, false).map_err(Error::at("write", &path))
    }

    /// Removes everything but the lock and the journal.
    pub(crate) fn forget(&self) -> Result<(), Error> {
        let dir = self.open_or_make()?;
        for name in [MADE, ORIGINS, HISTORY] {
            match self.sys.unlink(dir.as_fd(), name) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(Error::io("remove", self.dir.join(name), errno)),
            }
        }
        Ok(())
    }

    /// Removes the lock, and the directory and those around it up to `home` that are empty then. The caller holds the lock.
    pub(crate) fn remove(&self, home: &Path) -> Result<(), Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = match rustix::fs::open(self.dir, flags, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            other => other.map_err(Error::at("open the state directory", self.dir))?,
        };
        match self.sys.unlink(dir.as_fd(), LOCK) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(Error::io("remove", self.lock_path(), errno)),
        }
        self.sys.remove_empty(self.dir, home).map_err(Error::at("remove the directory", self.dir))
    }

    fn open_or_make(&self) -> Result<OwnedFd, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(self.dir, flags, Mode::empty()) {
            Err(Errno::NOENT) => {
                self.sys.make_dirs(self.dir).map_err(Error::at("make the state directory", self.dir))?;
                rustix::fs::open(self.dir, flags, Mode::empty())
            }
            other => other,
        }
        .map_err(Error::at("open the state directory", self.dir))
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// Waiting for a lock is interrupted by signals that the caller handles; it goes on then.
fn flock(file: &OwnedFd, operation: FlockOperation) -> Result<(), Errno> {
    loop {
        match rustix::fs::flock(file, operation) {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}
