//! Units of a systemd user manager: their files, the plan for moving from one generation's units to
//! the next, and the manager itself over D-Bus.
//!
//! The data goes one way. [`unit`] reads and writes the text of unit files, [`unit_set`] the units of
//! one generation; [`plan()`](plan::plan) compares two sets in view of what runs ([`live`]) and says
//! what is to be done and why, without doing anything; [`manager`] asks what runs and carries a plan out.
//! [`lint`] looks for mistakes in a generation's units.
//! [`environment`] compares the variables that two generations give to the manager. [`calendar`] and
//! [`timespan`] read the times that units are written with, and [`timer`] says what a timer unit makes of them.
//!
//! Nothing here prints, reads the environment or knows what a home or a generation is.

pub mod calendar;
pub mod diff;
pub mod environment;
pub mod error;
pub mod graph;
pub mod journal;
pub mod lint;
pub mod live;
pub mod manager;
pub mod meaning;
pub mod name;
pub mod plan;
mod spelling;
pub mod suggest;
pub mod timer;
pub mod timespan;
pub mod unit;
pub mod unit_set;

pub use calendar::{CalendarEvent, LocalTime};
pub use environment::{EnvironmentChange, EnvironmentFiles};
pub use error::{Error, ParseError};
pub use live::{ActiveState, LiveState, LiveUnit};
pub use manager::{BusEnv, Manager, Unreachable};
pub use name::{InvalidUnitName, UnitName, UnitType};
pub use plan::{Action, Reason, Step, SwitchPlan, plan};

pub use timer::Timer;
pub use timespan::TimeSpan;
pub use unit::Unit;
pub use unit_set::UnitSet;
