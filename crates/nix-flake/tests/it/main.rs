//! The fetchers from the outside: repositories, archives and servers that the tests make themselves, and what becomes of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "the functions that tests share may do what tests may do"
)]

mod archives;
mod closures;
mod git;
mod http;
mod mercurial;
mod paths;
mod server;
mod signatures;
mod world;
