//! Switches against a real user manager.

mod scenario;

mod failures;
mod lint;
mod status;
mod switches;
mod syntax;
