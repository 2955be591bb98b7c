//! Why a step is in a plan, in words that complete "NAME: ACTION, …".

use std::fmt;

use serde::{Serialize, Serializer};

use crate::name::UnitName;
use crate::unit::Unit;

/// Why something is done to a unit, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The user wants it.
    Asked,
    /// New, and pulled in by a unit that is active or is started.
    New {
        /// What pulls it in.
        by: UnitName,
    },
    /// Not new, but a link or setting that pulls it in is.
    NewlyPulledIn {
        /// What pulls it in.
        by: UnitName,
    },
    /// A oneshot that has changed is run again.
    OneshotChanged {
        /// What pulls it in.
        by: UnitName,
    },
    /// It was a oneshot, which has run, and stays up now.
    WasOneshot {
        /// What pulls it in.
        by: UnitName,
    },
    /// It had failed, and has changed since.
    FailedAndChanged {
        /// What pulls it in.
        by: UnitName,
    },
    /// A condition had kept it from starting, and it has changed since.
    ConditionAndChanged {
        /// What pulls it in.
        by: UnitName,
    },
    /// It ran until the interrupted switch stopped it.
    Interrupted,
    /// It runs by an older definition; these settings differ.
    Changed(Vec<String>),
    /// Only its reload triggers differ.
    ReloadTriggers,
    /// Only its reload triggers differ, but it has no way to reload.
    CannotReload,
    /// It holds the socket of a socket unit that is restarted.
    SocketChanged(UnitName),
    /// systemd stops it together with this unit, which comes back.
    StoppedWith(UnitName),
    /// It depends on this unit, which goes.
    RequirementRemoved(UnitName),
    /// It conflicts with this unit, which is started.
    ConflictsWith(UnitName),
    /// It is no longer in the configuration.
    Removed,
    /// An instance that is no longer in the configuration, though its template is.
    InstanceRemoved,
    /// It is a oneshot now, which nothing that is active pulls in.
    BecameOneshot,
    /// The switch itself runs in it.
    RunsThisSwitch,
    /// The switch itself runs in this unit, which goes down with it.
    HoldsThisSwitch(UnitName),
    /// It is masked now.
    Masked,
    /// It is the same in both generations and runs.
    Unchanged,
    /// It is the same in both generations and does not run: finished, stopped by hand, or not due.
    UnchangedInactive,
    /// It is the same in both generations and had failed before.
    FailedBefore,
    /// It is not in the old generation, but already runs by the same definition.
    AlreadyRunning,
    /// It is new, but nothing that is active pulls it in.
    NotPulledIn,
    /// It has changed and does not run; its next start takes the new definition.
    ChangedInactive,
    /// The same, and it had failed.
    ChangedFailed,
    /// A oneshot that has changed is running; its next run takes the new definition.
    OneshotRunning,
    /// It has changed in a way that the reload of the manager puts into effect.
    AppliedByReload,
    /// It has changed, but says that a running one is kept.
    KeepOld,
    /// It refuses to be started by hand (`RefuseManualStart=`).
    RefusesStart,
    /// It refuses to be stopped by hand (`RefuseManualStop=`).
    RefusesStop,
    /// It has changed and must not be started by hand: it is stopped only.
    ChangedRefusesStart,
}

impl Reason {
    /// Whether the unit is left because it could not be stopped without this very program.
    pub fn spares_this_switch(&self) -> bool {
        matches!(self, Self::RunsThisSwitch | Self::HoldsThisSwitch(_))
    }

    /// Whether the unit is no longer one of the configuration.
    pub(crate) fn is_removal(&self) -> bool {
        matches!(self, Self::Removed | Self::InstanceRemoved | Self::Masked)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => formatter.write_str("asked for"),
            Self::New { by } => write!(formatter, "new, pulled in by {by}"),
            Self::NewlyPulledIn { by } => write!(formatter, "newly pulled in by {by}"),
            Self::OneshotChanged { by } => write!(formatter, "a changed oneshot, pulled in by {by}"),
            Self::WasOneshot { by } => write!(formatter, "no longer a oneshot, pulled in by {by}"),
            Self::FailedAndChanged { by } => {
                write!(formatter, "had failed and has changed, pulled in by {by}")
            }
            Self::Interrupted => formatter.write_str("ran until the interrupted switch stopped it"),
            Self::ConditionAndChanged { by } => {
                write!(
                    formatter,
                    "a condition had kept it from starting and it has changed, pulled in by {by}"
                )
            }
            Self::Changed(settings) => match settings.as_slice() {
                [] => formatter.write_str("changed"),
                [one] => write!(formatter, "{one} changed"),
                [one, two] => write!(formatter, "{one} and {two} changed"),
                [one, rest @ ..] => write!(formatter, "{one} and {} more settings changed", rest.len()),
            },
            Self::ReloadTriggers => formatter.write_str("its reload triggers changed"),
            Self::CannotReload => {
                formatter.write_str("its reload triggers changed and it has no ExecReload=")
            }
            Self::SocketChanged(socket) => write!(formatter, "it holds the socket of {socket}"),
            Self::StoppedWith(unit) => write!(formatter, "it depends on {unit}, which is stopped in between"),
            Self::RequirementRemoved(unit) => write!(formatter, "it depends on {unit}, which goes"),
            Self::ConflictsWith(unit) => write!(formatter, "it conflicts with {unit}, which is started"),
            Self::Removed => formatter.write_str("no longer in the configuration"),
            Self::InstanceRemoved => formatter.write_str("this instance is no longer in the configuration"),
            Self::BecameOneshot => {
                formatter.write_str("a oneshot from now on, and nothing that is active pulls it in")
            }
            Self::RunsThisSwitch => formatter.write_str("this switch runs in it"),
            Self::HoldsThisSwitch(unit) => {
                write!(formatter, "{unit}, in which this switch runs, would be stopped with it")
            }
            Self::Masked => formatter.write_str("masked"),
            Self::Unchanged => formatter.write_str("unchanged"),
            Self::UnchangedInactive => formatter.write_str("unchanged and not running"),
            Self::FailedBefore => formatter.write_str("unchanged; it had failed before"),
            Self::AlreadyRunning => formatter.write_str("already running by the same definition"),
            Self::NotPulledIn => formatter.write_str("nothing that is active pulls it in"),
            Self::ChangedInactive => {
                formatter.write_str("changed, but not running; the next start takes it up")
            }
            Self::ChangedFailed => {
                formatter.write_str("changed, but it had failed before; the next start takes it up")
            }
            Self::OneshotRunning => {
                formatter.write_str("a changed oneshot that is running; its next run takes it up")
            }
            Self::AppliedByReload => formatter.write_str("changed; the manager's reload is enough"),
            Self::KeepOld => formatter.write_str("changed, but set to be kept while it runs"),
            Self::RefusesStart => formatter.write_str("it refuses to be started by hand"),
            Self::RefusesStop => formatter.write_str("it refuses to be stopped by hand"),
            Self::ChangedRefusesStart => {
                formatter.write_str("changed, and it refuses to be started by hand again")
            }
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something about a step that might surprise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The timer counts from boot or from the start of the manager: where that is past, starting it
    /// runs its unit at once.
    MayElapseAtOnce(Vec<String>),
}

impl Note {
    /// What is to be said about starting this timer.
    pub(crate) fn of_timer(unit: &Unit) -> Option<Self> {
        let since: Vec<String> = ["OnBootSec", "OnStartupSec"]
            .into_iter()
            .flat_map(|key| unit.values("Timer", key).into_iter().map(move |value| format!("{key}={value}")))
            .collect();
        (!since.is_empty()).then_some(Self::MayElapseAtOnce(since))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MayElapseAtOnce(since) => {
                write!(formatter, "if {} is already past, it elapses at once", since.join(" and "))
            }
        }
    }
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
