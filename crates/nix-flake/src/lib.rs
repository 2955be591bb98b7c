//! Inputs of Nix programs and of flakes: what they are, how they are written, and how they are fetched.
//!
//! An [`Input`] is a source tree described by attributes or by a URL. A [`Fetcher`] gets what an input describes into a
//! store, as `builtins.fetchTree` and its like ask for. What it needs to know of its surroundings is in a [`Config`]; of the
//! environment it reads nothing but, through the HTTP client, which proxy to use.

mod builder;
mod bzip2;
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
mod refname;
mod registry;
mod scheme;
mod tarball;
mod unpack;
mod url;
mod workshop;

pub use config::{Config, program_environment};
pub use error::{Error, Result};
pub use fetcher::Fetcher;
pub use input::Input;
pub use overlay::Overlay;
pub use scheme::Scheme;
pub use url::{Authority, Url, git_url, percent_decode, percent_encode, split_scheme};
