//! The one error that a command ends with: whose fault it is, what is wrong, and what to do.

use std::fmt;

/// Whose fault an error is, which decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The configuration, the machine or the request is at fault: exit status 1.
    User,
    /// The links are switched, but a unit failed: exit status 3.
    Units,
    /// The process was asked to end while units were moved: exit status 130.
    Interrupted,
    /// The program is at fault: exit status 70.
    Internal,
    /// A comparison found differences, and its caller asked for an exit status: no message, exit status 1.
    Differences,
    /// The same caller, and something is wrong as with [`Kind::User`]: exit status 2.
    Comparison,
    /// Nobody reads the output any more: no message, exit status 0.
    BrokenPipe,
}

/// An error of a command.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// Whose fault it is.
    pub(crate) kind: Kind,
    /// What is wrong. It may be a whole report of several lines, ready to print.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hints: Vec<String>,
    /// Whether `message` is a whole report that needs no `error:` before it.
    pub(crate) rendered: bool,
}

impl CommandError {
    /// An error that the user can mend.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        CommandError { kind: Kind::User, message: message.into(), hints: Vec::new(), rendered: false }
    }

    /// Units that are not as they are meant to be.
    pub(crate) fn units(message: impl Into<String>) -> Self {
        CommandError { kind: Kind::Units, ..Self::user(message) }
    }

    /// An error that is the program's own.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        CommandError { kind: Kind::Internal, ..Self::user(message) }
    }

    /// The end of a comparison that found differences.
    pub(crate) fn differences() -> Self {
        CommandError { kind: Kind::Differences, ..Self::user("there are differences") }
    }

    /// A report that was rendered already.
    pub(crate) fn report(message: impl Into<String>) -> Self {
        CommandError { rendered: true, ..Self::user(message) }
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Two errors as one.
    pub(crate) fn and(self, second: Self) -> Self {
        let message = format!("{self}\n{second}");
        CommandError { kind: self.kind, ..Self::report(message) }
    }

    /// The process's exit status.
    pub(crate) fn exit_status(&self) -> u8 {
        match self.kind {
            Kind::User | Kind::Differences => 1,
            Kind::Comparison => 2,
            Kind::Units => 3,
            Kind::Interrupted => 130,
            Kind::Internal => 70,
            Kind::BrokenPipe => 0,
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rendered {
            f.write_str(self.message.trim_end())?;
        } else {
            write!(f, "error: {}", self.message)?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            CommandError { kind: Kind::BrokenPipe, ..Self::user("broken pipe") }
        } else {
            Self::user(error.to_string())
        }
    }
}

impl From<nix_store::Error> for CommandError {
    fn from(error: nix_store::Error) -> Self {
        Self::user(error.to_string())
    }
}

impl From<nix_formats::Error> for CommandError {
    fn from(error: nix_formats::Error) -> Self {
        Self::user(error.to_string())
    }
}
