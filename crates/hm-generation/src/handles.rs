//! Directories of the home by open handle.
//!
//! A directory is reached one component at a time from the handle of the home, never through a symbolic link.
//! Nothing that another program does to the tree meanwhile can therefore lead a write out of it. The links that
//! may be followed, because a look before found them to lead to a directory of the caller's, are the
//! [`Redirects`]: the directory is then opened where it really is, again without following anything.
//!
//! The handles of the directory last asked for and of those around it stay open. Callers that go through paths in
//! order so open each directory once.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::path::RelPath;
use crate::sys;

/// Directories of the home that are symbolic links to directories elsewhere, and may be followed.
pub type Redirects = BTreeMap<RelPath, Redirect>;

/// Where a linked directory really is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redirect {
    /// Elsewhere in the home.
    Home(RelPath),
    /// The home itself.
    HomeItself,
    /// Outside the home, at an absolute path without symbolic links, trusted by the caller.
    Outside(PathBuf),
}

/// A directory could not be opened.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// The first component on the way that is not a directory.
    pub(crate) at: String,
    pub(crate) errno: Errno,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Handles<'h> {
    home: BorrowedFd<'h>,
    redirects: Redirects,
    /// The open directories from the home inwards; the number is the length of the path of each in `path`.
    open: Vec<(usize, OwnedFd)>,
    path: String,
}

impl<'h> Handles<'h> {
    pub(crate) fn new(home: BorrowedFd<'h>, redirects: Redirects) -> Self {
        Self { home, redirects, open: Vec::new(), path: String::new() }
    }

    pub(crate) fn redirects(&self) -> &Redirects {
        &self.redirects
    }

    pub(crate) fn add_redirect(&mut self, at: RelPath, to: Redirect) {
        self.redirects.insert(at, to);
    }

    pub(crate) fn into_redirects(self) -> Redirects {
        self.redirects
    }

    /// Forgets open handles at and below `path`, which has been replaced.
    pub(crate) fn forget(&mut self, path: &RelPath) {
        while self.path == path.as_str() || below(&self.path, path.as_str()) {
            self.pop();
        }
    }

    /// The directory at `path` below the home; `""` is the home.
    pub(crate) fn dir(&mut self, path: &str) -> Result<BorrowedFd<'_>, Blocked> {
        while !(self.path.is_empty() || self.path == path || below(path, &self.path)) {
            self.pop();
        }
        while self.path.len() < path.len() {
            let start = if self.path.is_empty() { 0 } else { self.path.len() + 1 };
            let rest = path.get(start..).unwrap_or_default();
            let name = rest.split('/').next().unwrap_or_default();
            let end = start + name.len();
            let at = path.get(..end).unwrap_or_default();
            let opened = match self.redirects.get(at) {
                Some(redirect) => self.open_redirect(redirect),
                None => sys::open_dir(self.current(), name),
            };
            match opened {
                Ok(fd) => {
                    self.path.clear();
                    self.path.push_str(at);
                    self.open.push((end, fd));
                }
                Err(errno) => return Err(Blocked { at: at.to_owned(), errno }),
            }
        }
        Ok(self.current())
    }

    fn current(&self) -> BorrowedFd<'_> {
        self.open.last().map_or(self.home, |(_, fd)| fd.as_fd())
    }

    fn pop(&mut self) {
        self.open.pop();
        let end = self.open.last().map_or(0, |(end, _)| *end);
        self.path.truncate(end);
    }

    fn open_redirect(&self, redirect: &Redirect) -> Result<OwnedFd, Errno> {
        match redirect {
            Redirect::HomeItself => sys::open_dir(self.home, "."),
            Redirect::Home(real) => open_below(self.home, Path::new(real.as_str())),
            Redirect::Outside(real) => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let root = rustix::fs::open("/", flags, Mode::empty())?;
                open_below(root.as_fd(), real.strip_prefix("/").unwrap_or(real))
            }
        }
    }
}

/// Opens `path` below `root`, component by component.
fn open_below(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd, Errno> {
    let mut at = sys::open_dir(root, ".")?;
    for component in path.components() {
        let name = component.as_os_str().to_str().ok_or(Errno::INVAL)?;
        at = sys::open_dir(at.as_fd(), name)?;
    }
    Ok(at)
}

/// Whether `path` is strictly below `ancestor`.
fn below(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with('/'))
}
