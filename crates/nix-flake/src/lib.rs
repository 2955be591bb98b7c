//! The fetchers: they get what the inputs of Nix programs and of flakes describe.
//!
//! An input is a source tree described by attributes; what these mean is `nix-formats`' to say. A [`Fetcher`] gets what one
//! describes into a store, as `builtins.fetchTree` and its like ask for. What it needs to know of its surroundings is in a [`Config`]; of the
//! environment it reads nothing but, through the HTTP client, which proxy to use.

mod builder;
mod cache;
mod closure;
mod config;
mod error;
mod fetcher;
mod forge;
mod git;
mod http;
mod input;
mod mercurial;
mod netrc;
mod overlay;
mod path;
mod program;
mod reliance;
mod tarball;
mod unpack;
mod workshop;

pub use config::{Config, program_environment};
pub use error::{Error, Result};
pub use fetcher::Fetcher;
pub use overlay::Overlay;
pub use reliance::Reliance;
