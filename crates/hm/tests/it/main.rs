//! `hm` as its users run it: the real binary, in homes that are thrown away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod bad_input;
mod check;
mod closures;
mod commands;
mod completions;
mod configurations;
mod diff;
mod evaluation_cache;
mod faults;
mod fetching;
mod going_back;
mod interruptions;
mod judges;
mod leave;
mod limits;
mod live_view;
mod looking;
mod maintenance;
mod nix_instantiate;
mod reach;
mod repl;
mod scenarios;
mod sessions;
mod stock;
mod support;
mod switching;
mod targets;
mod timers;
mod units;
