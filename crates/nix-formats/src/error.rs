//! The one error type of this crate: what was wrong, with the offending value and its place.

use std::io;

use crate::hash::HashAlgo;

/// A value that does not follow one of Nix's formats.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A character outside an encoding's alphabet.
    #[error("invalid character {} at byte {position} of the {encoding} string '{text}'", show_byte(*byte))]
    BadDigit {
        /// The encoding's name: `base16`, `nix32` or `base64`.
        encoding: &'static str,
        /// The whole string.
        text: String,
        /// Offset of the offending byte.
        position: usize,
        /// The offending byte.
        byte: u8,
    },
    /// A string that has no whole number of bytes in its encoding.
    #[error("'{text}' is not a complete {encoding} string")]
    Incomplete {
        /// The encoding's name.
        encoding: &'static str,
        /// The whole string.
        text: String,
    },
    /// A hash algorithm that Nix does not have.
    #[error("unknown hash algorithm '{0}', expect 'md5', 'sha1', 'sha256', or 'sha512'")]
    UnknownAlgo(String),
    /// A hash without its algorithm, where none is known from the context either.
    #[error("hash '{0}' does not include a type, nor is the type otherwise known from context")]
    MissingAlgo(String),
    /// A hash of another algorithm than the one asked for.
    #[error("hash '{text}' should have type '{expected}'")]
    WrongAlgo {
        /// The hash as given.
        text: String,
        /// The algorithm that was asked for.
        expected: HashAlgo,
    },
    /// A hash whose length fits no encoding of its algorithm.
    #[error("hash '{text}' has wrong length for hash algorithm '{algo}'")]
    WrongLength {
        /// The digits as given, without the algorithm.
        text: String,
        /// The algorithm.
        algo: HashAlgo,
    },
    /// A hash that was to be in SRI form (`ALGO-BASE64`) and is not.
    #[error("hash '{0}' is not SRI")]
    NotSri(String),
    /// A store object's name that Nix refuses.
    #[error("name '{name}' is not a valid store object name: {reason}")]
    BadName {
        /// The name, made printable.
        name: String,
        /// Which rule it breaks.
        reason: BadName,
    },
    /// The base name of a store path that is none.
    #[error("'{text}' is not a valid store path: {reason}")]
    BadStorePath {
        /// The base name or path as given, made printable.
        text: String,
        /// What is wrong with it.
        reason: BadStorePath,
    },
    /// A directory that cannot be a store directory.
    #[error("'{dir}' cannot be a store directory: {reason}")]
    BadStoreDir {
        /// The directory as given, made printable.
        dir: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// References on a kind of object that cannot have any (anything but text and recursive SHA-256).
    #[error("the fixed-output object '{name}' cannot refer to other store paths")]
    ReferencesNotAllowed {
        /// The object's name.
        name: String,
    },
    /// A content address that is not in Nix's form.
    #[error("'{0}' is not a content address")]
    BadContentAddress(String),
    /// A derivation that is not in Nix's ATerm form.
    #[error("bad derivation at byte {offset}: {reason}")]
    BadDerivation {
        /// Offset into the text.
        offset: usize,
        /// What was expected or is wrong.
        reason: String,
    },
    /// A well-formed derivation that makes no sense.
    #[error("derivation '{name}': {reason}")]
    InvalidDerivation {
        /// The derivation's name.
        name: String,
        /// The contradiction.
        reason: String,
    },
    /// An archive that is not in Nix's canonical form.
    #[error("bad archive at byte {offset}: {reason}")]
    BadNar {
        /// Offset into the archive, at or shortly after the fault.
        offset: u64,
        /// What was expected or is wrong.
        reason: String,
    },
    /// A file tree that an archive cannot hold.
    #[error("a file tree cannot be archived: {0}")]
    BadTree(String),
    /// Reading or writing the underlying stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The rule of Nix that a store object's name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// The name has no characters.
    #[error("it must not be empty")]
    Empty,
    /// The name has more than 211 characters.
    #[error("it has {0} characters, at most 211 are allowed")]
    TooLong(usize),
    /// The name is `.` or `..`, or its first dash-separated part is.
    #[error("its first dash-separated component must not be '.' or '..'")]
    Dots,
    /// A character that is not a letter, a digit or one of `+-._?=`.
    #[error("it contains the illegal character {} at byte {position}", show_byte(*byte))]
    Character {
        /// The offending byte.
        byte: u8,
        /// Its offset in the name.
        position: usize,
    },
}

/// What is wrong with a store path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStorePath {
    /// Too short to hold a hash, a dash and a name.
    #[error("it is too short")]
    TooShort,
    /// The 33rd byte is not a dash.
    #[error("the hash part is not followed by a '-'")]
    NoDash,
    /// A byte of the hash part that is no nixbase32 digit.
    #[error("it contains the illegal base-32 character {} at byte {position}", show_byte(*byte))]
    Digit {
        /// The offending byte.
        byte: u8,
        /// Its offset in the base name.
        position: usize,
    },
    /// The name part breaks a rule.
    #[error("in its name, {0}")]
    Name(BadName),
    /// A full path outside the store directory.
    #[error("it is not in the store directory")]
    NotInStore,
    /// A path of something inside a store object where the object itself was wanted.
    #[error("it is below a store path, not a store path itself")]
    Below,
}

fn show_byte(byte: u8) -> String {
    format!("'{}'", byte.escape_ascii())
}

/// Bytes for an error message: lossy, with control characters escaped.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for c in String::from_utf8_lossy(bytes).chars() {
        if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
    }
    text
}
