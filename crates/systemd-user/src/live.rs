//! What the manager has loaded and is running, as far as a plan depends on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

use crate::name::UnitName;
use crate::unit::Unit;

/// The high-level state of a unit, `ActiveState` on the bus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ActiveState {
    /// Started and running, or a oneshot with `RemainAfterExit=` that has finished.
    Active,
    /// Active and reloading its configuration.
    Reloading,
    /// Stopped, finished, or never started.
    #[default]
    Inactive,
    /// Stopped after a failure.
    Failed,
    /// Being started; a running oneshot is in this state, and a service that waits for its restart.
    Activating,
    /// Being stopped.
    Deactivating,
    /// A state that this version of the program does not know.
    Other(String),
}

impl ActiveState {
    /// Reads the word that systemd uses.
    pub fn parse(word: &str) -> Self {
        match word {
            "active" => Self::Active,
            "reloading" | "refreshing" => Self::Reloading,
            "inactive" => Self::Inactive,
            "failed" => Self::Failed,
            "activating" => Self::Activating,
            "deactivating" => Self::Deactivating,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word that systemd uses.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Reloading => "reloading",
            Self::Inactive => "inactive",
            Self::Failed => "failed",
            Self::Activating => "activating",
            Self::Deactivating => "deactivating",
            Self::Other(word) => word,
        }
    }

    /// Whether the unit runs or is about to.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Active | Self::Reloading | Self::Activating)
    }
}

impl fmt::Display for ActiveState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for ActiveState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One unit that the manager has loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveUnit {
    /// Its state.
    pub active: ActiveState,
    /// Its state in the words of its type, such as `running`, `exited`, `waiting`.
    pub sub: String,
    /// The type of a job that is queued for it, such as `start`.
    pub job: Option<String>,
    /// Whether its file is no longer what the manager has read.
    pub need_daemon_reload: bool,
    /// Whether the manager found no file for it. Only looked up for units whose file is not in the new
    /// generation.
    pub missing: bool,
    /// Whether it refuses to be started by hand. Only looked up for the same units, and for those that
    /// may be stopped along with another.
    pub refuses_start: bool,
    /// The `Type=` of a service whose file is not in the new generation, which therefore cannot tell.
    pub service_type: Option<String>,
    /// Whether a condition (`Condition…=`) kept it from starting when it was last started.
    pub condition_failed: bool,
    /// The file and drop-ins it was loaded from. Only there for a unit that runs, and was not
    /// in the old generation, and only if what the manager has read is still what is on disk.
    pub definition: Option<Unit>,
    /// The file of a unit that neither generation has a file for, without any drop-ins: what the drop-ins of a
    /// generation add to. Only looked up where these differ.
    pub fragment: Option<Unit>,
    /// Running units that systemd stops together with this one: those with `Requires=`, `Requisite=`,
    /// `BindsTo=` or `PartOf=` on it. Only looked up for units that may be stopped.
    pub dependents: Vec<UnitName>,
}

impl LiveUnit {
    /// Whether it runs, or is about to.
    pub fn is_up(&self) -> bool {
        self.active.is_up() || self.job.as_deref().is_some_and(|job| job == "start" || job == "restart")
    }
}

/// The units that the manager has loaded, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveState {
    /// The units; one that is not here is inactive.
    pub units: BTreeMap<UnitName, LiveUnit>,
    /// Units that ran when a switch between the same generations began, which was interrupted and had to stop them for a
    /// moment.
    pub interrupted: BTreeSet<UnitName>,
    /// The unit that this process runs in, if it is one of the manager's.
    pub own: Option<UnitName>,
}

impl LiveState {
    /// A unit, if it is loaded.
    pub fn get(&self, name: &UnitName) -> Option<&LiveUnit> {
        self.units.get(name)
    }

    /// Whether a unit runs, or is about to.
    pub fn is_up(&self, name: &UnitName) -> bool {
        self.get(name).is_some_and(LiveUnit::is_up)
    }
}
