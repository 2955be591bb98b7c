//! Names of units: `NAME.TYPE`, `TEMPLATE@.TYPE` and `TEMPLATE@INSTANCE.TYPE`.
//!
//! The rules are those of systemd.unit(5), "Description".

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// What a unit is, by the suffix of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitType {
    /// `.automount`
    Automount,
    /// `.device`
    Device,
    /// `.mount`
    Mount,
    /// `.path`
    Path,
    /// `.scope`
    Scope,
    /// `.service`
    Service,
    /// `.slice`
    Slice,
    /// `.socket`
    Socket,
    /// `.swap`
    Swap,
    /// `.target`
    Target,
    /// `.timer`
    Timer,
}

impl UnitType {
    /// Every type, in the order of their suffixes.
    pub const ALL: [Self; 11] = [
        Self::Automount,
        Self::Device,
        Self::Mount,
        Self::Path,
        Self::Scope,
        Self::Service,
        Self::Slice,
        Self::Socket,
        Self::Swap,
        Self::Target,
        Self::Timer,
    ];

    /// The suffix, without the dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Automount => "automount",
            Self::Device => "device",
            Self::Mount => "mount",
            Self::Path => "path",
            Self::Scope => "scope",
            Self::Service => "service",
            Self::Slice => "slice",
            Self::Socket => "socket",
            Self::Swap => "swap",
            Self::Target => "target",
            Self::Timer => "timer",
        }
    }

    /// The type with this suffix (without the dot).
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit_type| unit_type.suffix() == suffix)
    }
}

impl fmt::Display for UnitType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.suffix())
    }
}

/// The longest unit name systemd accepts, in bytes.
pub const UNIT_NAME_MAX: usize = 255;

/// Why a string is not the name of a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUnitName {
    /// There is no suffix, or it is not that of a unit type.
    #[error("`{0}` is not a unit name: it does not end in `.service`, `.timer` or another unit type")]
    Suffix(String),
    /// Nothing stands before the suffix or the `@`.
    #[error("`{0}` is not a unit name: nothing stands before the suffix")]
    EmptyPrefix(String),
    /// A character that unit names do not have.
    #[error("`{name}` is not a unit name: it contains {character:?} (use systemd-escape)")]
    Character {
        /// The whole string.
        name: String,
        /// The first offending character.
        character: char,
    },
    /// Longer than [`UNIT_NAME_MAX`].
    #[error("`{0}` is not a unit name: it has {len} bytes, at most {UNIT_NAME_MAX} are allowed", len = .0.len())]
    TooLong(String),
}

/// A valid name of a unit. Ordered as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitName(String);

impl UnitName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`InvalidUnitName`] says what is wrong with it.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidUnitName> {
        let name = name.into();
        let Some((prefix, suffix)) = name.rsplit_once('.') else {
            return Err(InvalidUnitName::Suffix(name));
        };
        if UnitType::from_suffix(suffix).is_none() {
            return Err(InvalidUnitName::Suffix(name));
        }
        if prefix.is_empty() || prefix.starts_with('@') {
            return Err(InvalidUnitName::EmptyPrefix(name));
        }
        let allowed = |character: char| character.is_ascii_alphanumeric() || ":-_.\\@".contains(character);
        if let Some(character) = prefix.chars().find(|character| !allowed(*character)) {
            return Err(InvalidUnitName::Character { name, character });
        }
        if name.len() > UNIT_NAME_MAX {
            return Err(InvalidUnitName::TooLong(name));
        }
        Ok(Self(name))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Prefix and suffix: what stands before and after the last dot, which a name always has.
    fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('.').unwrap_or((&self.0, ""))
    }

    /// The type by its suffix.
    pub fn unit_type(&self) -> UnitType {
        UnitType::from_suffix(self.split().1).unwrap_or(UnitType::Service)
    }

    /// What stands before the suffix and before the first `@`.
    pub fn prefix(&self) -> &str {
        let stem = self.split().0;
        stem.split_once('@').map_or(stem, |(prefix, _)| prefix)
    }

    /// The text between `@` and the suffix: `Some("")` for a template, `None` for a plain unit.
    fn parameter(&self) -> Option<&str> {
        self.split().0.split_once('@').map(|(_, parameter)| parameter)
    }

    /// Whether this is a template, such as `getty@.service`: a file, never a unit that runs.
    pub fn is_template(&self) -> bool {
        self.parameter() == Some("")
    }

    /// The instance, such as `tty1` in `getty@tty1.service`.
    pub fn instance(&self) -> Option<&str> {
        self.parameter().filter(|parameter| !parameter.is_empty())
    }

    /// The template that this is an instance of.
    pub fn template(&self) -> Option<Self> {
        self.instance()?;
        Some(Self(format!("{}@.{}", self.prefix(), self.unit_type())))
    }

    /// The same name with another suffix: the service of a timer, socket or path unit.
    #[must_use]
    pub fn with_type(&self, unit_type: UnitType) -> Self {
        Self(format!("{}.{unit_type}", self.split().0))
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for UnitName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

impl AsRef<str> for UnitName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for UnitName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for UnitName {
    type Err = InvalidUnitName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl TryFrom<&str> for UnitName {
    type Error = InvalidUnitName;

    fn try_from(name: &str) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl Serialize for UnitName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        let shown = match UnitName::new(name) {
            Ok(name) => format!(
                "{} {:?} {:?} {:?}",
                name.unit_type(),
                name.prefix(),
                name.instance(),
                name.template().map(|template| template.0)
            ),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{name:?}");
    }

    #[test]
    fn names() {
        check("a.service", r#"service "a" None None"#);
        check("a.b.timer", r#"timer "a.b" None None"#);
        check("a@.socket", r#"socket "a" None None"#);
        check("a@b.service", r#"service "a" Some("b") Some("a@.service")"#);
        check("a@b@c.d.service", r#"service "a" Some("b@c.d") Some("a@.service")"#);
        check(r"home-u-a\x20b.mount", r#"mount "home-u-a\\x20b" None None"#);
    }

    #[test]
    fn no_names() {
        let suffix = "it does not end in `.service`, `.timer` or another unit type";
        check("a", &format!("`a` is not a unit name: {suffix}"));
        check("a.conf", &format!("`a.conf` is not a unit name: {suffix}"));
        check(".service", "`.service` is not a unit name: nothing stands before the suffix");
        check("@a.service", "`@a.service` is not a unit name: nothing stands before the suffix");
        check("a b.service", "`a b.service` is not a unit name: it contains ' ' (use systemd-escape)");
        check("a/b.service", "`a/b.service` is not a unit name: it contains '/' (use systemd-escape)");
        check("ü.service", "`ü.service` is not a unit name: it contains 'ü' (use systemd-escape)");
        let long = format!("{}.service", "a".repeat(248));
        check(&long, &format!("`{long}` is not a unit name: it has 256 bytes, at most 255 are allowed"));
        assert!(UnitName::new(format!("{}.service", "a".repeat(247))).is_ok());
    }

    #[test]
    fn the_service_of_a_timer() {
        let name = UnitName::new("a@b.timer").unwrap();
        assert_eq!(name.with_type(UnitType::Service).as_str(), "a@b.service");
        assert!(UnitName::new("a@.timer").unwrap().is_template());
    }
}
