//! The embedded store on real directories, checked by stock Nix where that is installed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the functions that tests share may do what tests may do"
)]

mod collect;
mod discard;
mod faults;
mod import;
mod location;
mod stock;
mod support;
mod trees;
