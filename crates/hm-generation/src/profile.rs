//! A profile: numbered links to generations, and one link to the current number.
//!
//! The layout is that of Nix's own profiles, `NAME -> NAME-42-link -> STORE/…`, so that `nix-env` and
//! `nix-collect-garbage` read it. Whatever else lies in the folder is not ours and is passed over.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::error::Error;
use crate::sys::{self, Name, Sys};

/// A profile by folder and name. Nothing is read until asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    dir: PathBuf,
    name: String,
}

/// One numbered link of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The number.
    pub id: u64,
    /// The link.
    pub link: PathBuf,
    /// The store path it points to.
    pub target: PathBuf,
    /// When it was made.
    pub created: SystemTime,
    /// Whether the profile points to it.
    pub current: bool,
}

impl Profile {
    /// The profile `name` in the folder `dir`, which need not exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { dir: dir.into(), name: name.into() }
    }

    /// The profile link itself.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The numbered link of `id`, which need not exist.
    #[must_use]
    pub fn link(&self, id: u64) -> PathBuf {
        self.dir.join(self.link_name(id))
    }

    fn link_name(&self, id: u64) -> String {
        format!("{}-{id}-link", self.name)
    }

    fn parse_link_name(&self, name: &str) -> Option<u64> {
        let digits = name.strip_prefix(&self.name)?.strip_prefix('-')?.strip_suffix("-link")?;
        let id = digits.parse().ok()?;
        // `hm-007-link` and `hm-+7-link` parse as numbers but are not names that are ever made.
        (name == self.link_name(id)).then_some(id)
    }

    /// The number the profile points to, whether or not that link exists. None when there is no profile.
    ///
    /// # Errors
    /// [`Error::ProfileNotALink`], [`Error::Io`].
    pub fn current_id(&self) -> Result<Option<u64>, Error> {
        let path = self.path();
        match fs::read_link(&path) {
            Ok(target) => Ok(target
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| self.parse_link_name(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
                Err(Error::ProfileNotALink { path })
            }
            Err(error) => Err(Error::io("read the link", path, error)),
        }
    }

    /// The current generation. None when there is no profile, or it points to a number that is gone.
    ///
    /// # Errors
    /// [`Error::ProfileNotALink`], [`Error::Io`].
    pub fn current(&self) -> Result<Option<Numbered>, Error> {
        match self.current_id()? {
            Some(id) => self.numbered(id, true),
            None => Ok(None),
        }
    }

    /// The generation `id`.
    ///
    /// # Errors
    /// [`Error::NoSuchGeneration`], [`Error::ProfileNotALink`], [`Error::Io`].
    pub fn generation(&self, id: u64) -> Result<Numbered, Error> {
        let current = self.current_id()? == Some(id);
        self.numbered(id, current)?.ok_or_else(|| Error::NoSuchGeneration { profile: self.path(), id })
    }

    /// The generation before the current one.
    ///
    /// # Errors
    /// [`Error::NoPreviousGeneration`], [`Error::ProfileNotALink`], [`Error::Io`].
    pub fn previous(&self) -> Result<Numbered, Error> {
        let none = || Error::NoPreviousGeneration { profile: self.path() };
        let current = self.current_id()?.ok_or_else(none)?;
        self.list()?.into_iter().rev().find(|numbered| numbered.id < current).ok_or_else(none)
    }

    /// All generations, oldest number first.
    ///
    /// # Errors
    /// [`Error::ProfileNotALink`], [`Error::Io`].
    pub fn list(&self) -> Result<Vec<Numbered>, Error> {
        let current = self.current_id()?;
        let mut all = Vec::new();
        for id in self.taken()? {
            all.extend(self.numbered(id, current == Some(id))?);
        }
        Ok(all)
    }

    /// The number a new generation gets: one more than the highest that is taken.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn next_id(&self) -> Result<u64, Error> {
        Ok(self.taken()?.last().map_or(1, |last| last.saturating_add(1)))
    }

    /// The numbers whose names are taken, by whatever it may be, sorted.
    fn taken(&self) -> Result<Vec<u64>, Error> {
        let failed = |error| Error::io("list the profiles in", &self.dir, error);
        let listing = match fs::read_dir(&self.dir) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut ids = Vec::new();
        for entry in listing {
            let name = entry.map_err(failed)?.file_name();
            ids.extend(name.to_str().and_then(|name| self.parse_link_name(name)));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn numbered(&self, id: u64, current: bool) -> Result<Option<Numbered>, Error> {
        let link = self.link(id);
        let target = match fs::read_link(&link) {
            Ok(target) => target,
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    || error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Error::io("read the link", link, error)),
        };
        let stat = match fs::symlink_metadata(&link) {
            Ok(stat) => stat,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("look at", link, error)),
        };
        let seconds = u64::try_from(stat.mtime()).unwrap_or(0);
        let created = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Ok(Some(Numbered { id, link, target, created, current }))
    }

    /// Makes the numbered link `id`.
    pub(crate) fn make_link(&self, sys: &Sys, id: u64, target: &Path) -> Result<(), Error> {
        let dir = self.open()?;
        let link = self.link(id);
        let text = target
            .to_str()
            .ok_or_else(|| Error::UnusablePath { what: "the generation", path: target.to_owned() })?;
        sys.symlink(text, dir.as_fd(), &self.link_name(id)).map_err(Error::at("create the link", &link))
    }

    /// Points the profile to the number `id`, in one atomic step. `temporary` is a free name in the folder.
    pub(crate) fn set_current(&self, sys: &Sys, id: u64, temporary: &str) -> Result<(), Error> {
        let dir = self.open()?;
        let path = self.path();
        sys.symlink(&self.link_name(id), dir.as_fd(), temporary)
            .map_err(Error::at("create the link", &path))?;
        sys.rename(dir.as_fd(), temporary, &self.name).map_err(Error::at("replace the link", &path))
    }

    /// Removes the profile link itself; the numbered ones stay.
    pub(crate) fn remove_current(&self, sys: &Sys) -> Result<(), Error> {
        self.remove_if(sys, &self.name, |_| true)
    }

    /// Removes the numbered links, and the folder and those around it up to `home` that are empty then.
    pub(crate) fn remove_all(&self, sys: &Sys, home: &Path) -> Result<(), Error> {
        for id in self.taken()? {
            self.remove_link(sys, id, None)?;
        }
        sys.remove_empty(&self.dir, home).map_err(Error::at("remove the directory", &self.dir))
    }

    /// Removes the link of the number `id`, if it is there and, where `expected` is given, leads to that.
    pub(crate) fn remove_link(&self, sys: &Sys, id: u64, expected: Option<&Path>) -> Result<(), Error> {
        let wanted =
            |target: &[u8]| expected.is_none_or(|path| path.as_os_str().as_encoded_bytes() == target);
        self.remove_if(sys, &self.link_name(id), wanted)
    }

    /// Removes what [`Self::set_current`] left when it was stopped.
    pub(crate) fn remove_temporary(&self, sys: &Sys, temporary: &str) -> Result<(), Error> {
        self.remove_if(sys, temporary, |_| true)
    }

    fn remove_if(&self, sys: &Sys, name: &str, wanted: impl Fn(&[u8]) -> bool) -> Result<(), Error> {
        let dir = match self.open() {
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let path = self.dir.join(name);
        match sys::look(dir.as_fd(), name).map_err(Error::at("look at", &path))? {
            Name::Link(target) if wanted(&target) => {
                sys.unlink(dir.as_fd(), name).map_err(Error::at("remove the link", &path))
            }
            _ => Ok(()),
        }
    }

    /// Writes the folder to the disk.
    pub(crate) fn sync(&self, sys: &Sys) -> Result<(), Error> {
        let dir = self.open()?;
        sys.sync(dir.as_fd(), &self.name).map_err(Error::at("sync the directory", &self.dir))
    }

    fn open(&self) -> Result<rustix::fd::OwnedFd, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(&self.dir, flags, Mode::empty()).map_err(Error::at("open the directory", &self.dir))
    }
}
