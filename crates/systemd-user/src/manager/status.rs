//! What there is to be said about units at one moment, for a status display.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;

use super::link::{Call, Reply};
use super::properties::{Properties, unit_path};
use super::report::ExitStatus;
use super::{CALL_LIMIT, Manager};
use crate::error::Error;
use crate::live::{ActiveState, LiveUnit};
use crate::name::{UnitName, UnitType};

/// The state of one unit.
#[derive(Debug, Clone, Serialize)]
pub struct UnitStatus {
    /// The unit.
    pub unit: UnitName,
    /// Its `Description=`.
    pub description: Option<String>,
    /// Whether its file could be read: `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    pub load: String,
    /// Its state.
    pub active: ActiveState,
    /// Its state in the words of its type, such as `running`, `waiting`, `exited`.
    pub sub: String,
    /// Since when it is in this state, in microseconds since 1970.
    pub since: Option<u64>,
    /// When what runs of it was started, in microseconds since 1970. A service that restarted itself has been started
    /// again by the definition of that time, though it has not been inactive in between.
    pub started: Option<u64>,
    /// The same in microseconds since the machine was started, as the kernel's clock counts that nobody sets.
    pub started_monotonic: Option<u64>,
    /// The result of its last run, such as `success` or `exit-code`. Targets and slices have none.
    pub result: Option<String>,
    /// The `Type=` of a service.
    pub service_type: Option<String>,
    /// How its main process last ended.
    pub exit: Option<ExitStatus>,
    /// Its main process, while it runs.
    pub main_pid: Option<u32>,
    /// Whether it is enabled: `enabled`, `disabled`, `static`, `linked` and so on.
    pub unit_file_state: Option<String>,
    /// The file it was loaded from.
    pub fragment_path: Option<String>,
    /// Whether its file is no longer what the manager has read.
    pub need_daemon_reload: bool,
    /// When a timer elapses next, in microseconds since 1970; none if by the monotonic clock only.
    pub next_elapse: Option<u64>,
    /// The same for a timer that counts from boot or another event, in microseconds since boot.
    pub next_elapse_monotonic: Option<u64>,
    /// When a timer elapsed last, in microseconds since 1970.
    pub last_trigger: Option<u64>,
    /// The memory of its control group, in bytes.
    pub memory: Option<u64>,
    /// The processor time of its control group, in nanoseconds.
    pub cpu_nsec: Option<u64>,
    /// How often it was restarted by its own `Restart=`.
    pub restarts: u32,
    /// Which run of it this is, for the journal.
    pub invocation_id: Option<String>,
}

impl Manager {
    /// The status of each of the units, in the same order. One that the manager does not know is
    /// `not-found`.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn unit_status(&mut self, units: &[UnitName]) -> Result<Vec<UnitStatus>, Error> {
        let found = self.unit_properties(units, Instant::now() + CALL_LIMIT)?;
        units
            .iter()
            .zip(found)
            .map(|(unit, properties)| {
                let silent =
                    || Error::Silent { call: format!("GetAll {unit}"), seconds: CALL_LIMIT.as_secs_f64() };
                Ok(status(unit.clone(), &properties.ok_or_else(silent)?))
            })
            .collect()
    }

    /// When the manager last read its files, in microseconds since the machine was started, as the kernel's clock counts that
    /// nobody sets. None where its version does not tell.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn units_read_at(&mut self) -> Result<Option<u64>, Error> {
        match self.property::<u64>("UnitsLoadTimestampMonotonic") {
            Ok(at) => Ok((at != 0).then_some(at)),
            Err(Error::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The units that the manager has loaded and that do something or have failed, by name.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn loaded_units(&mut self) -> Result<BTreeMap<UnitName, LiveUnit>, Error> {
        let mut units = self.list_units(Instant::now() + CALL_LIMIT)?;
        units.retain(|_, unit| unit.active != ActiveState::Inactive);
        Ok(units)
    }

    /// All properties of each of the units; `None` where the manager did not answer in time.
    pub(super) fn unit_properties(
        &mut self,
        units: &[UnitName],
        deadline: Instant,
    ) -> Result<Vec<Option<Properties>>, Error> {
        let calls =
            units.iter().map(|unit| Call::get_all(&unit_path(unit))).collect::<Result<Vec<_>, _>>()?;
        let replies = self.link.call_all(calls, deadline)?;
        let properties = |reply| match reply {
            Reply::Answer(message) => Ok(Some(Properties::of(&message))),
            Reply::Refused { name, message } => {
                Err(Error::Refused { call: "GetAll".to_owned(), name, message })
            }
            Reply::Silence => Ok(None),
        };
        replies.into_iter().map(properties).collect()
    }
}

fn status(unit: UnitName, properties: &Properties) -> UnitStatus {
    let word = |name: &str| properties.text(name).unwrap_or_default();
    UnitStatus {
        description: properties.text("Description").filter(|text| text != unit.as_str()),
        load: word("LoadState"),
        active: ActiveState::parse(&word("ActiveState")),
        sub: word("SubState"),
        since: properties.time("StateChangeTimestamp"),
        started: properties.time("InactiveExitTimestamp").max(properties.time("ExecMainStartTimestamp")),
        started_monotonic: properties
            .time("InactiveExitTimestampMonotonic")
            .max(properties.time("ExecMainStartTimestampMonotonic")),
        result: properties.text("Result"),
        service_type: properties.text("Type").filter(|_| unit.unit_type() == UnitType::Service),
        exit: properties.exit_status(),
        main_pid: properties.u32("MainPID").filter(|pid| *pid != 0),
        unit_file_state: properties.text("UnitFileState"),
        fragment_path: properties.text("FragmentPath"),
        need_daemon_reload: properties.flag("NeedDaemonReload"),
        next_elapse: properties.time("NextElapseUSecRealtime"),
        next_elapse_monotonic: properties.time("NextElapseUSecMonotonic"),
        last_trigger: properties.time("LastTriggerUSec"),
        memory: properties.u64("MemoryCurrent"),
        cpu_nsec: properties.u64("CPUUsageNSec"),
        restarts: properties.u32("NRestarts").unwrap_or(0),
        invocation_id: properties.invocation_id(),
        unit,
    }
}
