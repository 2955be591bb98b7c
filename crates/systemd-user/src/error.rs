//! What can go wrong in this crate.

use std::io;
use std::path::PathBuf;

use crate::manager::Unreachable;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder of units cannot be listed.
    #[error("cannot read the units in {}: {source}", path.display())]
    ReadUnits {
        /// The folder.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// No user manager can be talked to.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The manager did not answer in time.
    #[error("the user manager did not answer `{call}` within {seconds:.1} s")]
    Silent {
        /// The method that was called.
        call: String,
        /// How long was waited.
        seconds: f64,
    },
    /// The manager refused a call.
    #[error("the user manager refused `{call}`: {message}")]
    Refused {
        /// The method that was called, with its first argument.
        call: String,
        /// The D-Bus name of the error.
        name: String,
        /// Its message.
        message: String,
    },
    /// The connection broke, or something came over it that is not what systemd documents.
    #[error("the connection to the user manager failed in `{call}`: {source}")]
    Bus {
        /// The method that was called.
        call: String,
        /// What went wrong.
        source: Box<zbus::Error>,
    },
    /// The connection ended while something was waited for, as when the session ends.
    #[error("the user manager closed the connection")]
    Closed,
}
