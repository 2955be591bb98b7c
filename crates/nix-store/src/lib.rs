//! Nix stores: where the objects that a configuration needs are put, under paths that follow from their
//! contents.
//!
//! [`EmbeddedStore`] is a real Nix store in a private directory: stock Nix can read, verify and collect it.
//! [`ReadOnlyStore`] computes the same paths and writes nothing. Both are a [`Store`].

mod closure;
mod database;
mod destroy;
mod discard;
mod embedded;
mod error;
mod gc;
mod import;
mod layout;
mod location;
mod lock;
mod node;
mod object;
mod read_only;
mod roots;
mod runtime_roots;
mod store;
mod temp_roots;
mod verify;
mod workshop;

pub use closure::{Sizes, closure_sizes};
pub use destroy::destroy;
pub use embedded::{EmbeddedStore, OpenOptions};
pub use error::{Error, Unsuitable};
pub use gc::GcReport;
pub use location::MAX_STORE_DIR_LEN;
pub use read_only::ReadOnlyStore;
pub use runtime_roots::mentioned;
pub use store::{FileKind, Filter, Store};
pub use verify::Problem;

/// The SHA-256 and the size of the archive (NAR) of the file, symbolic link or directory at `source`.
///
/// # Errors
/// When it cannot be read, or holds what no archive has.
pub fn nar_hash(source: &std::path::Path) -> Result<(nix_formats::Hash, u64)> {
    node::Node::from_fs(source, None)?.nar_hash()
}

/// The result of everything fallible in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
