//! Paths below the home directory, checked once so that nothing after needs to.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A path below the home directory: relative, `/` between its components, none of them empty, `.` or `..`.
///
/// Cloning is cheap. The order is that of the bytes, in which everything below one directory is contiguous.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(Arc<str>);

/// Why a text is not a path below the home directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// Nothing, or an empty component (`a//b`, `a/`).
    #[error("it has an empty component")]
    Empty,
    /// It starts with `/`.
    #[error("it is absolute")]
    Absolute,
    /// A component is `.` or `..`.
    #[error("it has a `.` or `..` component")]
    Dots,
    /// It contains a NUL byte, which no file name can.
    #[error("it contains a NUL byte")]
    Nul,
}

impl RelPath {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`BadPath`] when `text` could name the home itself, something outside it, or nothing at all.
    pub fn new(text: &str) -> Result<Self, BadPath> {
        if text.starts_with('/') {
            return Err(BadPath::Absolute);
        }
        if text.contains('\0') {
            return Err(BadPath::Nul);
        }
        for component in text.split('/') {
            match component {
                "" => return Err(BadPath::Empty),
                "." | ".." => return Err(BadPath::Dots),
                _ => {}
            }
        }
        Ok(Self(text.into()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory it is in, `""` being the home itself.
    #[must_use]
    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// The last component.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, name)| name)
    }

    /// The directories it is in, outermost first, without the home itself.
    pub fn ancestors(&self) -> impl Iterator<Item = RelPath> + '_ {
        self.0.match_indices('/').filter_map(|(at, _)| self.0.get(..at).map(|text| Self(text.into())))
    }

    /// What is left of it below the directory `ancestor`, if it is below it.
    #[must_use]
    pub fn below(&self, ancestor: &str) -> Option<&str> {
        if ancestor.is_empty() {
            return Some(&self.0);
        }
        self.0.strip_prefix(ancestor)?.strip_prefix('/')
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for RelPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<std::path::Path> for RelPath {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref().as_ref()
    }
}

impl TryFrom<String> for RelPath {
    type Error = BadPath;
    fn try_from(text: String) -> Result<Self, BadPath> {
        Self::new(&text)
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> String {
        path.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_home_are_taken() {
        let check = |text: &str, expected: Result<(), BadPath>| {
            assert_eq!(RelPath::new(text).map(drop), expected, "{text:?}");
        };
        check(".bashrc", Ok(()));
        check(".config/a b/…", Ok(()));
        check("..a/b..", Ok(()));
        check("", Err(BadPath::Empty));
        check("a/", Err(BadPath::Empty));
        check("a//b", Err(BadPath::Empty));
        check("/etc/passwd", Err(BadPath::Absolute));
        check("../x", Err(BadPath::Dots));
        check("a/../../x", Err(BadPath::Dots));
        check("./a", Err(BadPath::Dots));
        check("a\0b", Err(BadPath::Nul));
    }

    #[test]
    fn parts() {
        let path = RelPath::new("a/b/c").unwrap();
        assert_eq!((path.parent(), path.name()), ("a/b", "c"));
        assert_eq!(path.ancestors().map(String::from).collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!((path.below("a"), path.below("a/b/c"), path.below("a/")), (Some("b/c"), None, None));
        let top = RelPath::new("a").unwrap();
        assert_eq!((top.parent(), top.name(), top.ancestors().count()), ("", "a", 0));
    }
}
