//! The one error type of this crate: what was wrong, with the offending value and its place.

use std::io;

use crate::hash::HashAlgo;

mod object;

pub use object::BadObject;

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
    /// Text that is no URL of the kind it should be.
    #[error(transparent)]
    BadUrl(#[from] BadUrl),
    /// A flake reference or input that is refused.
    #[error(transparent)]
    BadInput(#[from] BadInput),
    /// A lock file that is refused.
    #[error(transparent)]
    BadLockFile(#[from] BadLockFile),
    /// A store object from elsewhere that is refused.
    #[error(transparent)]
    BadObject(#[from] BadObject),
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

/// What is wrong with a URL. A flake reference that is no URL may still be a path, so these are kept apart from
/// [`BadInput`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// The grammar of RFC 3986 has no such text.
    #[error("'{url}' is not a valid URL: {reason}")]
    Syntax {
        /// The text.
        url: String,
        /// `leftover` when reading stopped before its end, `mismatch` when a part is broken.
        reason: &'static str,
    },
    /// A relative reference.
    #[error("'{0}' doesn't have a scheme")]
    NoScheme(String),
    /// A port that no server has.
    #[error("port '{0}' is invalid")]
    Port(String),
    /// A URL of a file that names a machine.
    #[error("file:// URL '{url}' has unexpected authority '{authority}'")]
    FileAuthority {
        /// The URL.
        url: String,
        /// The machine.
        authority: String,
    },
    /// A query with characters that none has.
    #[error("invalid URI query '{0}': leftover")]
    Query(String),
    /// Text with broken percent codes.
    #[error("invalid URI parameter '{text}': {reason}")]
    Parameter {
        /// The text.
        text: String,
        /// How they are broken.
        reason: &'static str,
    },
    /// Percent codes for bytes that are no text.
    #[error("'{0}' does not stand for UTF-8 text")]
    NotUtf8(String),
    /// A segment that cannot be a file's name.
    #[error("URL path component '{0}' contains '/', which is not allowed in file names")]
    SlashInSegment(String),
    /// A segment that cannot be a file's name.
    #[error("URL path component '{0}' contains NUL byte which is not allowed")]
    NulInSegment(String),
    /// A Git URL that looks like `host:path`.
    #[error("SCP-like URL '{0}' is not supported; use SSH URL syntax instead (ssh://...)")]
    ScpLike(String),
    /// A Git branch or tag that cannot be.
    #[error("invalid Git branch/tag name '{0}'")]
    GitRef(String),
    /// A Mercurial branch or tag that cannot be.
    #[error("invalid Mercurial branch/tag name '{0}'")]
    MercurialRef(String),
    /// A reference to a forge without owner and repository.
    #[error("URL '{0}' is invalid")]
    NoRepository(String),
    /// A revision in the path and another one in the query.
    #[error("URL '{0}' contains multiple commit hashes")]
    TwoRevisions(String),
    /// A branch in the path and another one in the query.
    #[error("URL '{0}' contains multiple branch/tag names")]
    TwoRefs(String),
    /// A branch and a revision of which only one can be.
    #[error("input {input} contains both a commit hash ('{revision}') and a branch/tag name ('{reference}')")]
    InputRefAndRevision {
        /// The input as JSON.
        input: String,
        /// The branch or tag.
        reference: String,
        /// The revision.
        revision: String,
    },
    /// A branch and a revision, of which only one can be laid over an input.
    #[error(
        "cannot apply both a commit hash ({revision}) and a branch/tag name ('{reference}') to input '{input}'"
    )]
    TwoOverrides {
        /// The input.
        input: String,
        /// The branch or tag.
        reference: String,
        /// The revision.
        revision: String,
    },
    /// A branch or tag on a forge that cannot be.
    #[error("input {0} contains an invalid branch/tag name")]
    ForgeRef(String),
    /// A forge's host that cannot be.
    #[error("input {0} contains an invalid instance host")]
    ForgeHost(String),
    /// An indirect reference whose second part is neither branch nor revision.
    #[error("in flake URL '{url}', '{part}' is not a commit hash or branch/tag name")]
    NeitherRefNorRevision {
        /// The URL.
        url: String,
        /// The part.
        part: String,
    },
    /// An indirect reference whose second part is no branch.
    #[error("in flake URL '{url}', '{part}' is not a branch/tag name")]
    NoRef {
        /// The URL.
        url: String,
        /// The part.
        part: String,
    },
    /// An indirect reference whose third part is no revision.
    #[error("in flake URL '{url}', '{part}' is not a commit hash")]
    NoRevision {
        /// The URL.
        url: String,
        /// The part.
        part: String,
    },
    /// An indirect reference of another number of parts. (The words are Nix's own.)
    #[error("GitHub URL '{0}' is invalid")]
    IndirectParts(String),
    /// A name that no registry can have.
    #[error("'{0}' is not a valid flake ID")]
    FlakeId(String),
    /// A relative path where none may stand.
    #[error("flake reference '{0}' is not an absolute path")]
    NotAbsolute(String),
}

/// What is wrong with a flake reference, or with the attributes of an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadInput {
    /// Text that is neither URL nor path.
    #[error("invalid flakeref '{0}'")]
    Reference(String),
    /// A reference that names something inside of the flake.
    #[error("unexpected fragment '{fragment}' in flake reference '{reference}'")]
    Fragment {
        /// What it names.
        fragment: String,
        /// The whole reference.
        reference: String,
    },
    /// A URL that is no fetcher's.
    #[error("input '{0}' is unsupported")]
    UnsupportedUrl(String),
    /// The two parts of a scheme the wrong way round.
    #[error("input '{0}' is unsupported; did you mean 'git+file' instead of 'file+git'?")]
    FileGit(String),
    /// The URL of a path that names a machine.
    #[error("path URL '{url}' should not have an authority ('{authority}')")]
    PathAuthority {
        /// The URL.
        url: String,
        /// The machine.
        authority: String,
    },
    /// A parameter of a path that is no number.
    #[error("path URL '{url}' has invalid parameter '{name}'")]
    PathNumber {
        /// The URL.
        url: String,
        /// The parameter.
        name: String,
    },
    /// A parameter that paths do not have.
    #[error("path URL '{url}' has unsupported parameter '{name}'")]
    PathParameter {
        /// The URL.
        url: String,
        /// The parameter.
        name: String,
    },
    /// No attribute `type`.
    #[error("'type' attribute to specify input scheme is required but not provided")]
    NoType,
    /// An attribute that the fetcher does not know.
    #[error("input attribute '{name}' not supported by scheme '{scheme}'")]
    Attribute {
        /// The attribute.
        name: String,
        /// The fetcher.
        scheme: String,
    },
    /// An attribute that the fetcher needs.
    #[error("input attribute '{0}' is missing")]
    Missing(String),
    /// Another type than a string.
    #[error("input attribute '{name}' is not a string {input}")]
    NotString {
        /// The attribute.
        name: String,
        /// The input as JSON.
        input: String,
    },
    /// Another type than an integer.
    #[error("input attribute '{0}' is not an integer")]
    NotInteger(String),
    /// Another type than a boolean.
    #[error("input attribute '{0}' is not a Boolean")]
    NotBoolean(String),
    /// An input of an unknown type, which has no URL.
    #[error("cannot show unsupported input '{0}'")]
    NoUrl(String),
    /// A tree's hash of another kind.
    #[error("narHash must use SHA-256")]
    NarHashAlgo,
    /// Public keys that are not in their JSON form.
    #[error("'{0}' is no list of public keys")]
    PublicKeys(String),
    /// A branch that is to be laid over an input which has none.
    #[error("don't know how to set branch/tag name of input '{input}' to '{value}'")]
    SetRef {
        /// The input.
        input: String,
        /// The branch.
        value: String,
    },
    /// A revision that is to be laid over an input which has none.
    #[error("don't know how to set revision of input '{input}' to '{value}'")]
    SetRevision {
        /// The input.
        input: String,
        /// The revision.
        value: String,
    },
    /// A name that no registry knows.
    #[error("cannot find flake '{0}' in the flake registries")]
    NotInRegistries(String),
    /// A name that perhaps the global registry knows.
    #[error(
        "cannot find flake '{0}' in the flake registries of this machine, and nobody downloads the global one"
    )]
    GlobalRegistry(String),
    /// Names that stand for each other in a circle.
    #[error("cycle detected in flake registry for '{0}'")]
    RegistryCycle(String),
    /// A revision of a Git repository of which no branch is known.
    #[error("Git input '{0}' has a commit hash but no branch/tag name")]
    RevisionAlone(String),
}

/// What is wrong with a lock file or a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLockFile {
    /// Text that is no JSON.
    #[error("Could not parse '{path}': {reason}")]
    Json {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A version that is not read.
    #[error("lock file '{path}' has unsupported version {version}")]
    Version {
        /// The file.
        path: String,
        /// The version.
        version: i64,
    },
    /// A version of a registry that is not read.
    #[error("flake registry '{path}' has unsupported version {version}")]
    RegistryVersion {
        /// The file.
        path: String,
        /// The version.
        version: i64,
    },
    /// An attribute that has to be there.
    #[error("attribute '{0}' missing in lock file")]
    Missing(&'static str),
    /// An attribute that a registry has to have.
    #[error("attribute '{0}' missing in registry")]
    MissingInRegistry(&'static str),
    /// A value of another type than it should have.
    #[error("'{0}' is not of the type that it should be")]
    Type(String),
    /// An attribute of an input that is neither string, number nor boolean.
    #[error("unsupported input attribute type in lock file")]
    AttributeType,
    /// The name of a node that is not there.
    #[error("lock file references missing node '{0}'")]
    MissingNode(String),
    /// A node that has the root as its input.
    #[error("lock file contains cycle to root node")]
    RootCycle,
    /// An input that is not locked.
    #[error("Lock file contains unlocked input '{0}'. Use '--allow-dirty-locks' to accept this lock file.")]
    Unlocked(String),
    /// Inputs that follow each other in a circle.
    #[error("follow cycle detected: [{0}]")]
    FollowCycle(String),
    /// Inputs of which one follows the next too often.
    #[error("too many inputs follow each other on the way to '{0}'")]
    TooManyFollows(String),
    /// An input that follows one that is not there.
    #[error("input '{input}' follows a non-existent input '{target}'")]
    FollowsNothing {
        /// The input.
        input: String,
        /// What it follows.
        target: String,
    },
    /// A path of inputs with a name in it that no input has.
    #[error("invalid flake input attribute path element '{0}'")]
    PathElement(String),
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
