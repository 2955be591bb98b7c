//! The home and what belongs to it, as the caller found them.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::error::Error;
use crate::managed::Stores;
use crate::profile::Profile;
use crate::sys::Watch;

/// A home and everything that belongs to it. The caller finds these out; nothing is read from the environment.
#[derive(Clone)]
pub struct HomeEnv {
    /// The home directory.
    pub home: PathBuf,
    /// Where lock and journal are kept: `$XDG_STATE_HOME/hm`.
    pub state_dir: PathBuf,
    /// The profile: `$XDG_STATE_HOME/nix/profiles/hm`.
    pub profile: Profile,
    /// The stores whose generations are ours, the embedded one and `/nix/store`.
    pub stores: Stores,
    /// The user who runs this, who must own the home.
    pub uid: u32,
    /// Directories outside the home into which a link in the home may lead: `home.trustedParents`.
    pub trusted_parents: Vec<PathBuf>,
    /// Where home-manager records its generation in use: its profile, and its root of garbage collection.
    pub home_manager: Vec<PathBuf>,
    /// Is told of every change.
    pub watch: Option<Arc<dyn Watch>>,
}

impl fmt::Debug for HomeEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HomeEnv")
            .field("home", &self.home)
            .field("state_dir", &self.state_dir)
            .field("profile", &self.profile)
            .field("stores", &self.stores)
            .field("uid", &self.uid)
            .field("trusted_parents", &self.trusted_parents)
            .field("home_manager", &self.home_manager)
            .finish_non_exhaustive()
    }
}

/// Opens the home, checking that it is one and the caller's.
pub(crate) fn open_home(env: &HomeEnv) -> Result<OwnedFd, Error> {
    for (what, path) in [("the home directory", &env.home), ("the state directory", &env.state_dir)] {
        if !path.is_absolute() || path.to_str().is_none() {
            return Err(Error::UnusablePath { what, path: path.clone() });
        }
    }
    let no_home = |what| Error::NoHome { path: env.home.clone(), what };
    let stat = match rustix::fs::stat(&env.home) {
        Err(Errno::NOENT) => return Err(no_home("does not exist")),
        Err(Errno::NOTDIR) => return Err(no_home("is not a directory")),
        other => other.map_err(Error::at("look at the home directory", &env.home))?,
    };
    if !FileType::from_raw_mode(stat.st_mode).is_dir() {
        return Err(no_home("is not a directory"));
    }
    if stat.st_uid != env.uid {
        return Err(Error::HomeNotOwned { path: env.home.clone(), owner: stat.st_uid, uid: env.uid });
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(&env.home, flags, Mode::empty()).map_err(Error::at("open the home directory", &env.home))
}
