//! The system calls that change files, each announced to the caller's [`Watch`] before it is made.
//!
//! Every change this crate makes goes through here, so that a test can stop a run before any one of them, or let
//! any one of them fail, and a reader finds the whole repertoire on one page.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// `mkdirat`
    MakeDir,
    /// `symlinkat`
    Symlink,
    /// `renameat`, replacing what is there
    Rename,
    /// `renameat2` with `RENAME_NOREPLACE`
    RenameNoReplace,
    /// `renameat2` with `RENAME_EXCHANGE`
    Exchange,
    /// `unlinkat`
    Unlink,
    /// `unlinkat` of a directory
    RemoveDir,
    /// `openat` that may create a file
    Create,
    /// `write`
    Write,
    /// `fchmod`
    SetMode,
    /// `fsync` or `syncfs`
    Sync,
}

/// Who may do what with a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileMode {
    /// What the user's other new files allow: reading and writing as far as the umask lets them.
    Usual {
        /// And executing.
        executable: bool,
    },
    /// Just this.
    Exact(u32),
}

/// Is told of every change before it is made, and can refuse it with an error that then counts as the system's.
pub trait Watch: Send + Sync {
    /// The change `change` is about to be made to `name` in some directory.
    ///
    /// # Errors
    /// An error stands for the failure of the system call, which is then not made.
    fn before(&self, change: Change, name: &str) -> io::Result<()>;
}

/// Access to the calls.
#[derive(Clone, Default)]
pub(crate) struct Sys {
    watch: Option<Arc<dyn Watch>>,
}

impl fmt::Debug for Sys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sys").field("watched", &self.watch.is_some()).finish()
    }
}

type Result<T, E = Errno> = std::result::Result<T, E>;

impl Sys {
    pub(crate) fn new(watch: Option<Arc<dyn Watch>>) -> Self {
        Self { watch }
    }

    fn announce(&self, change: Change, name: &str) -> Result<()> {
        match &self.watch {
            None => Ok(()),
            Some(watch) => watch
                .before(change, name)
                .map_err(|error| error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error)),
        }
    }

    pub(crate) fn make_dir(&self, dir: BorrowedFd<'_>, name: &str, mode: u32) -> Result<()> {
        self.announce(Change::MakeDir, name)?;
        rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(mode))
    }

    /// Makes the directory `path` and those around it that are missing, as far as they are.
    pub(crate) fn make_dirs(&self, path: &Path) -> Result<()> {
        match rustix::fs::stat(path) {
            Ok(_) => return Ok(()),
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
        if let Some(parent) = path.parent() {
            self.make_dirs(parent)?;
        }
        self.announce(Change::MakeDir, &path.to_string_lossy())?;
        match rustix::fs::mkdir(path, Mode::from_raw_mode(0o755)) {
            Err(Errno::EXIST) => Ok(()),
            other => other,
        }
    }

    /// Removes the directory at `path` if it is empty, and of those around it that are empty then the ones below `top`. One of
    /// these that cannot be removed stays: an empty directory does no harm.
    pub(crate) fn remove_empty(&self, path: &Path, top: &Path) -> Result<()> {
        let around = path.ancestors().skip(1).take_while(|dir| dir.starts_with(top) && *dir != top);
        for dir in std::iter::once(path).chain(around) {
            self.announce(Change::RemoveDir, &dir.to_string_lossy())?;
            match rustix::fs::rmdir(dir) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR | Errno::BUSY) => break,
                Err(errno) if dir == path => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(())
    }

    pub(crate) fn symlink(&self, target: &str, dir: BorrowedFd<'_>, name: &str) -> Result<()> {
        self.announce(Change::Symlink, name)?;
        rustix::fs::symlinkat(target, dir, name)
    }

    pub(crate) fn rename(&self, dir: BorrowedFd<'_>, from: &str, to: &str) -> Result<()> {
        self.announce(Change::Rename, to)?;
        rustix::fs::renameat(dir, from, dir, to)
    }

    /// Gives `from` the name `to`, failing with `EEXIST` when that is taken.
    ///
    /// On a file system without `RENAME_NOREPLACE` the look at `to` and the renaming are two calls: what another
    /// program puts there between them is lost. No local Linux file system of note is without it.
    pub(crate) fn rename_noreplace(&self, dir: BorrowedFd<'_>, from: &str, to: &str) -> Result<()> {
        let attempt = self
            .announce(Change::RenameNoReplace, to)
            .and_then(|()| rustix::fs::renameat_with(dir, from, dir, to, RenameFlags::NOREPLACE));
        match attempt {
            Err(errno) if unsupported(errno) => {
                if exists(dir, to)? {
                    return Err(Errno::EXIST);
                }
                self.rename(dir, from, to)
            }
            other => other,
        }
    }

    /// Swaps two names of one directory. `Ok(false)`: the file system cannot.
    pub(crate) fn exchange(&self, dir: BorrowedFd<'_>, one: &str, other: &str) -> Result<bool> {
        let attempt = self
            .announce(Change::Exchange, other)
            .and_then(|()| rustix::fs::renameat_with(dir, one, dir, other, RenameFlags::EXCHANGE));
        match attempt {
            Ok(()) => Ok(true),
            Err(errno) if unsupported(errno) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    pub(crate) fn unlink(&self, dir: BorrowedFd<'_>, name: &str) -> Result<()> {
        self.announce(Change::Unlink, name)?;
        rustix::fs::unlinkat(dir, name, AtFlags::empty())
    }

    pub(crate) fn remove_dir(&self, dir: BorrowedFd<'_>, name: &str) -> Result<()> {
        self.announce(Change::RemoveDir, name)?;
        rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR)
    }

    /// Makes the file `name`, or opens it when it is there, for the lock.
    pub(crate) fn create(&self, dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd> {
        self.announce(Change::Create, name)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(0o600))
    }

    /// Puts a whole file at `name` by way of a temporary name, so that a reader sees the old or the new one. With
    /// `durable` it has reached the disk before this returns.
    pub(crate) fn write_file(
        &self,
        dir: BorrowedFd<'_>,
        name: &str,
        bytes: &[u8],
        durable: bool,
    ) -> Result<()> {
        let temporary = format!("{name}.new");
        self.announce(Change::Create, &temporary)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(dir, &*temporary, flags, Mode::from_raw_mode(0o600))?;
        self.write_all(&file, &temporary, bytes)?;
        if durable {
            self.sync(file.as_fd(), &temporary)?;
        }
        self.rename(dir, &temporary, name)?;
        if durable {
            self.sync(dir, name)?;
        }
        Ok(())
    }

    /// Makes the file `name`, which must not be there, with these contents and this mode. With `durable` they have
    /// reached the disk before this returns, though the name may not have.
    pub(crate) fn new_file(
        &self,
        dir: BorrowedFd<'_>,
        name: &str,
        bytes: &[u8],
        mode: FileMode,
        durable: bool,
    ) -> Result<()> {
        self.announce(Change::Create, name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let initial = match mode {
            FileMode::Usual { executable } => {
                if executable {
                    0o777
                } else {
                    0o666
                }
            }
            FileMode::Exact(_) => 0o600,
        };
        let file = rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(initial))?;
        self.write_all(&file, name, bytes)?;
        if let FileMode::Exact(mode) = mode {
            self.announce(Change::SetMode, name)?;
            rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
        }
        if durable { self.sync(file.as_fd(), name) } else { Ok(()) }
    }

    fn write_all(&self, file: &OwnedFd, name: &str, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.announce(Change::Write, name)?;
            match rustix::io::write(file, rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    pub(crate) fn sync(&self, file: BorrowedFd<'_>, name: &str) -> Result<()> {
        self.announce(Change::Sync, name)?;
        rustix::fs::fsync(file)
    }

    /// Writes everything of the file system `file` is on to the disk.
    pub(crate) fn sync_all(&self, file: BorrowedFd<'_>) -> Result<()> {
        self.announce(Change::Sync, ".")?;
        rustix::fs::syncfs(file)
    }
}

/// Whether this error says that the file system lacks the flag, rather than that the call failed.
fn unsupported(errno: Errno) -> bool {
    matches!(errno, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}

/// Whether the name is taken, by whatever it may be.
pub(crate) fn exists(dir: BorrowedFd<'_>, name: &str) -> Result<bool> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// What a name is, as far as links matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    Absent,
    Link(Vec<u8>),
    Directory,
    Other,
}

/// Looks at a name without following it.
pub(crate) fn look(dir: BorrowedFd<'_>, name: &str) -> Result<Name> {
    match rustix::fs::readlinkat(dir, name, Vec::new()) {
        Ok(target) => Ok(Name::Link(target.into_bytes())),
        Err(Errno::NOENT) => Ok(Name::Absent),
        Err(Errno::INVAL) => {
            let stat = match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => return Ok(Name::Absent),
                other => other?,
            };
            let directory = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
            Ok(if directory { Name::Directory } else { Name::Other })
        }
        Err(errno) => Err(errno),
    }
}

/// Opens a directory below `dir` as a place to work in; a symbolic link is not followed.
pub(crate) fn open_dir(dir: BorrowedFd<'_>, name: &str) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::empty())
}

/// The names in the directory `name` of `dir`, without `.` and `..`, sorted. A name that is not UTF-8 is given
/// in a lossy form and is never one of ours.
pub(crate) fn list(dir: BorrowedFd<'_>, name: &str) -> Result<Vec<String>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, flags, Mode::empty())?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(&file)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        if name != "." && name != ".." {
            names.push(name.into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}
