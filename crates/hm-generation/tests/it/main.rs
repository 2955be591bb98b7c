//! Switches of real homes in temporary directories.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says on stderr what it skipped"
)]

mod changes;
mod concurrent;
mod copies;
mod faults;
mod fixture;
mod golden;
mod hostile;
mod leave;
mod lines;
mod maintenance;
mod meddling;
mod problems;
mod profile;
mod repair;
mod sequences;
mod switch;
