//! Nix's data formats as pure data: hashes, store paths, archives (NAR), derivations, flake references and lock files,
//! and what binary caches tell of their objects.
//!
//! Nothing here opens a file, reads the environment or keeps state. Everything is exact to the bit for any
//! store directory: a value computed here equals the one stock Nix computes. Nix strings are bytes, so text
//! that comes from the language is `&[u8]`; names and paths that the formats restrict to ASCII are `str`.

pub mod base32;
pub mod base64;
pub mod cache_info;
pub mod content_address;
pub mod derivation;
pub mod error;
pub mod flake_lock;
pub mod flake_ref;
pub mod hash;
pub mod input;
pub mod nar;
pub mod nar_info;
pub mod object_info;
pub mod references;
pub mod registry;
pub mod rewrite;
pub mod scan;
pub mod signature;
pub mod store_path;
pub mod uri;

pub use cache_info::CacheInfo;
pub use content_address::{ContentAddress, ContentAddressMethod};
pub use derivation::{Derivation, Recipe, WrittenDerivation};
pub use error::Error;
pub use flake_lock::LockFile;
pub use flake_ref::FlakeRef;
pub use hash::{Hash, HashAlgo, HashFormat, Hasher};
pub use input::{InputAttrs, InputValue};
pub use nar::Tree;
pub use nar_info::NarInfo;
pub use object_info::ObjectInfo;
pub use registry::Registry;
pub use signature::{PublicKeys, Signature};
pub use store_path::{FileIngestion, StoreDir, StorePath};
pub use uri::Url;

/// The result of everything fallible in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
