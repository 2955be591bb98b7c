//! Switches against a real user manager.

mod scenario;

mod analyze;
mod calendar;
mod failures;
mod status;
mod switches;
mod syntax;
mod timespan;
