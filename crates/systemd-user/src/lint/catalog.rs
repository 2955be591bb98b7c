//! The lints: their names and how severe each is unless a configuration says otherwise.

use std::fmt;

use serde::{Serialize, Serializer};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It may be meant.
    Warning,
    /// systemd refuses the unit, ignores the line, or fails when the unit is started.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// What a configuration may say of a lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing is found.
    Off,
    /// What is found is a warning.
    Warn,
    /// What is found is an error.
    Error,
}

impl Level {
    /// Reads `off`, `warn` or `error`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "warn" => Some(Self::Warn),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

macro_rules! lints {
    ($($(#[$doc:meta])* $variant:ident $name:literal $severity:ident;)*) => {
        /// Something that can be wrong with units. `docs/lints.md` has a section for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Lint {
            $($(#[$doc])* $variant,)*
        }

        impl Lint {
            /// Every lint, in the order of its page.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How bad it is, where the finding itself or a configuration does not say otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

lints! {
    /// A line that is neither a header nor an assignment.
    Syntax "syntax" Error;
    /// A file that is none of a unit.
    StrayFile "stray-file" Warning;
    /// A section that units of this type do not have.
    UnknownSection "unknown-section" Error;
    /// A directive that systemd does not know.
    UnknownDirective "unknown-directive" Error;
    /// A directive in a section where systemd does not look for it.
    WrongSection "wrong-section" Error;
    /// A directive or value that only a later systemd knows.
    NewerSystemd "newer-systemd" Warning;
    /// A directive or value that does nothing any more, or soon will.
    Obsolete "obsolete" Warning;
    /// A value that the directive cannot have.
    InvalidValue "invalid-value" Error;
    /// A path that is not absolute, or not plain.
    InvalidPath "invalid-path" Error;
    /// Something that is not the name of a unit.
    InvalidUnitName "invalid-unit-name" Error;
    /// A specifier that there is none of.
    UnknownSpecifier "unknown-specifier" Error;
    /// A command line that cannot be taken apart.
    InvalidCommand "invalid-command" Error;
    /// A program that does not exist.
    MissingProgram "missing-program" Error;
    /// A program that cannot be executed.
    NotExecutable "not-executable" Error;
    /// A script whose first line names no program that could run it.
    BadInterpreter "bad-interpreter" Error;
    /// A specifier inside a script, where nothing expands it.
    SpecifierInScript "specifier-in-script" Warning;
    /// A limit on resources that the machine does not let the user manager set.
    NoController "no-controller" Warning;
    /// A service that runs nothing.
    NoCommand "no-command" Error;
    /// Several commands in a service that may have only one.
    SeveralCommands "several-commands" Error;
    /// Settings that exclude each other, or one that lacks another.
    Contradiction "contradiction" Error;
    /// A timer, path or socket unit that nothing triggers.
    NoTrigger "no-trigger" Error;
    /// A timer, path or socket unit whose service does not exist.
    MissingService "missing-service" Error;
    /// A unit that is referred to and does not exist.
    UnknownUnit "unknown-unit" Warning;
    /// A unit that nothing starts.
    NeverStarted "never-started" Warning;
    /// Units each of which is to start after the other.
    OrderingCycle "ordering-cycle" Error;
    /// What looks like a secret in a file that everybody can read.
    ExposedSecret "exposed-secret" Warning;
}

impl Lint {
    /// The lint with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|lint| lint.name() == name)
    }

    /// The name nearest to one that there is not.
    pub fn nearest(name: &str) -> Option<Self> {
        Self::from_name(crate::suggest::nearest(name, Self::ALL.iter().map(|lint| lint.name()))?)
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Lint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for lint in Lint::ALL {
            assert_eq!(Lint::from_name(lint.name()), Some(*lint));
            assert!(lint.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{lint}");
        }
        assert_eq!(Lint::nearest("unknown-directives"), Some(Lint::UnknownDirective));
        assert_eq!(Lint::nearest("weather"), None);
    }
}
