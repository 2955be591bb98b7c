//! What this login is to the user manager: what to do where none is in reach, and whether units outlive it.

use std::fmt;
use std::path::{Path, PathBuf};

use systemd_user::{Manager, Unreachable};

use crate::environment::Environment;

/// Exists where systemd is the machine's first process (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";

/// Holds a file for each user whose manager runs without a session (`loginctl enable-linger`).
const LINGERING: &str = "/var/lib/systemd/linger";

/// What the user can do about a manager that is not in reach.
pub(crate) fn hint(why: &Unreachable, environment: &Environment) -> String {
    match why {
        Unreachable::NoRuntimeDir { .. } | Unreachable::NoSocket { .. } if !Path::new(BOOTED).exists() => {
            if environment.is_wsl {
                "set `systemd=true` in the section [boot] of /etc/wsl.conf, then `wsl --shutdown`".to_owned()
            } else {
                "this machine was not booted with systemd, which would run the units; the files are in place \
                 all the same"
                    .to_owned()
            }
        }
        Unreachable::NoRuntimeDir { uid } if lingers(environment) => {
            format!("lingering is on, so the manager should run: see `systemctl status user@{uid}.service`")
        }
        why => why.hint(environment.uid),
    }
}

/// Whether the user's manager runs without a session.
fn lingers(environment: &Environment) -> bool {
    Path::new(LINGERING).join(&environment.user).exists()
}

/// What to say of units that were started from a login over the network: the manager ends with the last session of
/// the user, and its units with it.
pub(crate) fn ends_with_login(environment: &Environment) -> Option<&'static str> {
    let ends = environment.over_ssh && !environment.has_display && !lingers(environment);
    ends.then_some(
        "lingering is off: units stop when you log out; `loginctl enable-linger` keeps them running",
    )
}

/// Why a manager is not the one to move the units of this home.
#[derive(Debug)]
pub(crate) enum Mismatch {
    /// It is the manager of this home, but looks for units in another folder of it.
    OtherFolder {
        /// Where it looks.
        reads: PathBuf,
        /// Where the units are.
        written: PathBuf,
    },
    /// It reads no units from this home at all.
    OtherHome {
        /// Where the units are.
        written: PathBuf,
    },
    /// It did not say.
    Unknown(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mismatch::OtherFolder { reads, written } => write!(
                f,
                "the user manager reads units from {}, not from {}, where XDG_CONFIG_HOME puts them",
                reads.display(),
                written.display()
            ),
            Mismatch::OtherHome { written } => write!(
                f,
                "the user manager in reach is that of another home: it reads no units from {}",
                written.display()
            ),
            Mismatch::Unknown(why) => f.write_str(why),
        }
    }
}

impl From<Mismatch> for String {
    fn from(mismatch: Mismatch) -> Self {
        mismatch.to_string()
    }
}

impl Mismatch {
    /// What the user can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            Mismatch::OtherFolder { .. } => {
                "unset XDG_CONFIG_HOME and run this again; to keep it, set it for the whole login \
                 (/etc/environment) and log in anew"
            }
            Mismatch::OtherHome { .. } => {
                "HOME is not that of this login; units run in a login whose home it is"
            }
            Mismatch::Unknown(_) => "see `systemctl --user status`",
        }
        .to_owned()
    }
}

/// Checks that the manager reads the units of this home, and not of another one: HOME and XDG_CONFIG_HOME may be set
/// to anything, while the manager is that of the login.
///
/// # Errors
/// When it does not, or does not answer.
pub(crate) fn reads_this_home(
    manager: &mut Manager,
    environment: &Environment,
    config_home: &str,
) -> Result<(), Mismatch> {
    let home = &environment.home;
    let written = home.join(config_home).join("systemd/user");
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let read = manager.unit_path().map_err(|error| Mismatch::Unknown(error.to_string()))?;
    if read.iter().map(Path::new).any(|path| path == written || real(path) == real(&written)) {
        return Ok(());
    }
    // systemd.unit(5): the folder of the user's own units comes after that of `systemctl edit --runtime` and the like, and
    // before that in the data directory.
    let usual = home.join(".local");
    let own = read
        .iter()
        .map(PathBuf::from)
        .find(|path| path.ends_with("systemd/user") && path.starts_with(home) && !path.starts_with(&usual));
    Err(match own {
        Some(reads) => Mismatch::OtherFolder { reads, written },
        None => Mismatch::OtherHome { written },
    })
}
