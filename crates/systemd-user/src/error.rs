//! What can go wrong in this crate.

use std::fmt;
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
    #[error("the connection to the user manager broke")]
    Closed,
    /// The message bus is there, but the manager has left it, or is just being executed anew.
    #[error("the user manager left its message bus and did not answer `{call}` ({why})")]
    Left {
        /// The method that was called.
        call: String,
        /// What the bus says.
        why: String,
    },
    /// Waiting was given up on request.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Whether it is the connection that failed, so that a new one may do.
    #[must_use]
    pub fn is_disconnection(&self) -> bool {
        matches!(self, Self::Closed | Self::Left { .. })
    }
}

/// A text that is not what the setting takes: a calendar event or a time span, systemd.time(7).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {expected}: {problem}{}", Place(self))]
pub struct ParseError {
    /// The whole text.
    pub text: String,
    /// What it should have been.
    pub expected: &'static str,
    /// Where in the text the problem is, in bytes.
    pub at: usize,
    /// What is wrong there.
    pub problem: String,
}

/// The part of the text that begins with the problem, unless it is all of it or nothing.
struct Place<'a>(&'a ParseError);

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.text.get(self.0.at..) {
            Some(rest) if self.0.at > 0 && !rest.is_empty() => write!(formatter, ", at `{rest}`"),
            _ => Ok(()),
        }
    }
}
