//! Evaluates Nix programs.
//!
//! The evaluator runs what `nix-syntax` lowers. It reaches files, environment and store only through the [`host::Host`]
//! that its caller passes in, and knows nothing of what the values are for.

pub mod access;
pub mod attrs;
pub mod builtins;
mod call;
mod compare;
pub mod context;
mod derivation;
mod difference;
mod dynamic;
pub mod env;
pub mod error;
pub mod eval;
pub mod features;
mod files;
mod flake;
mod frames;
mod grisu;
mod head;
pub mod host;
mod inputs;
mod join;
mod json;
mod load;
pub mod names;
mod packed;
mod pending;
pub mod print;
pub mod regex;
mod repeated;
mod run;
pub mod session;
pub mod shapes;
pub mod show;
mod slot;
pub mod strings;
mod suggest;
mod thin;
pub mod time;
pub mod value;

pub use error::{Cycle, ErrorKind, EvalError, EvalResult};
pub use eval::{Eval, Settings};
pub use value::{Value, View};

/// The version of Nix whose language this is, and what `builtins.nixVersion` says by default.
pub const NIX_VERSION: &str = "2.34.8";
