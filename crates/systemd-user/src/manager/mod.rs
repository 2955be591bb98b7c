//! The user manager over D-Bus.
//!
//! Every exchange has a time limit that holds even if the manager hangs: sending and receiving are
//! done by threads of their own ([`link`]), and the caller only ever waits on a channel.

mod connect;
mod execute;
mod jobs;
mod link;
mod mentions;
mod observe;
mod outcome;
mod private;
mod properties;
mod report;
mod rest;
mod status;
mod variables;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

pub use connect::{BusEnv, Unreachable};
pub use execute::ExecuteOptions;
pub use report::{ExitStatus, Failure, Outcome, Progress, ReloadOutcome, Report, UnitReport};
pub use status::UnitStatus;

use crate::error::Error;
use link::{Call, Link, Reply};
use zbus::zvariant::OwnedValue;

/// The name of the manager on the bus. It is also given on its private socket, which ignores it.
const DESTINATION: &str = "org.freedesktop.systemd1";
/// The object that stands for the manager itself.
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
/// The interface of the manager.
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
/// The interface of every unit.
const UNIT: &str = "org.freedesktop.systemd1.Unit";
/// The interface of services.
const SERVICE: &str = "org.freedesktop.systemd1.Service";
/// The standard interface for reading properties.
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How long a question to the manager may take. It answers in milliseconds unless it hangs.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// The overall state of the manager, its `SystemState` property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemState {
    /// Before the start-up jobs are queued.
    Initializing,
    /// The start-up jobs are not done yet.
    Starting,
    /// Everything is up.
    Running,
    /// Everything is up, but a unit has failed.
    Degraded,
    /// The rescue or emergency target is active.
    Maintenance,
    /// The session ends.
    Stopping,
    /// A state that this version of the program does not know.
    Unknown,
}

impl SystemState {
    fn parse(word: &str) -> Self {
        match word {
            "initializing" => Self::Initializing,
            "starting" => Self::Starting,
            "running" => Self::Running,
            "degraded" => Self::Degraded,
            "maintenance" => Self::Maintenance,
            "stopping" => Self::Stopping,
            _ => Self::Unknown,
        }
    }

    /// The word that systemd uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::Maintenance => "maintenance",
            Self::Stopping => "stopping",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for SystemState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A connection to the user manager.
#[derive(Debug)]
pub struct Manager {
    link: Link,
    state: SystemState,
}

impl Manager {
    /// Connects to the manager of the user that `env` describes.
    ///
    /// # Errors
    /// [`Unreachable`] says why there is none, or why it cannot be worked with now: one that is
    /// stopping or in maintenance takes no jobs. One that is still starting does.
    pub fn connect(env: &BusEnv) -> Result<Self, Unreachable> {
        connect::connect(env)
    }

    /// The state that the manager was in when it was connected to.
    pub fn system_state(&self) -> SystemState {
        self.state
    }

    /// Lets whatever waits for the manager end with [`Error::Interrupted`] soon after `flag` is set.
    pub fn interrupt_by(&mut self, flag: Arc<AtomicBool>) {
        self.link.interrupt = Some(flag);
    }

    /// The version of systemd, as it writes it itself, such as `252.39-1~deb12u2`.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn version(&mut self) -> Result<String, Error> {
        self.property("Version")
    }

    /// The folders from which the manager reads units, the most important first.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn unit_path(&mut self) -> Result<Vec<String>, Error> {
        self.property("UnitPath")
    }

    /// One property of the manager.
    fn property<T>(&mut self, name: &str) -> Result<T, Error>
    where
        T: TryFrom<OwnedValue>,
        T::Error: Into<zbus::Error>,
    {
        let call = Call::get(MANAGER_PATH, MANAGER, name)?;
        let label = call.label.clone();
        let value: OwnedValue = self.ask(call)?;
        T::try_from(value).map_err(|error| Error::Bus { call: label, source: Box::new(error.into()) })
    }

    /// Makes one call and reads its answer.
    fn ask<T>(&mut self, call: Call) -> Result<T, Error>
    where
        T: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        self.ask_until(call, Instant::now() + CALL_LIMIT)
    }

    fn ask_until<T>(&mut self, call: Call, deadline: Instant) -> Result<T, Error>
    where
        T: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let (label, began) = (call.label.clone(), Instant::now());
        let replies = self.link.call_all(vec![call], deadline)?;
        match replies.into_iter().next() {
            Some(Reply::Answer(message)) => message
                .body()
                .deserialize()
                .map_err(|source| Error::Bus { call: label, source: Box::new(source) }),
            Some(Reply::Refused { name, message }) => Err(Error::Refused { call: label, name, message }),
            Some(Reply::Silence) | None => {
                Err(Error::Silent { call: label, seconds: began.elapsed().as_secs_f64() })
            }
        }
    }
}
