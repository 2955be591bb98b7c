//! The evaluator from the outside: the recorded expressions of `tests/conformance`, stock Nix where it is installed, limits
//! and error reports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the functions that tests share may do what tests may do"
)]

mod errors;
mod flake_locks;
mod flakes;
mod host;
mod limits;
mod numbers;
mod records;
mod session;
mod stock;
