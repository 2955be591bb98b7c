//! Store paths: their form, their order, and the rule by which Nix computes them from what they name.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::base32;
use crate::error::{BadName, BadStorePath, Error, printable};
use crate::hash::{Hash, HashAlgo};

/// The length of the hash part of a store path, in nixbase32 digits.
pub const HASH_PART_LEN: usize = 32;

/// The longest name of a store object, in characters.
pub const MAX_NAME_LEN: usize = 211;

/// Whether `name` may be a store object's name by the rules of Nix 2.34.
///
/// # Errors
/// [`Error::BadName`] with the rule that it breaks.
pub fn check_name(name: &str) -> Result<(), Error> {
    name_fault(name.as_bytes())
        .map_or(Ok(()), |reason| Err(Error::BadName { name: printable(name.as_bytes()), reason }))
}

/// The characters that names are made of.
static LEGAL: [bool; 256] = {
    let mut legal = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let others = matches!(byte as u8, b'+' | b'-' | b'.' | b'_' | b'?' | b'=');
        legal[byte] = others || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    legal
};

fn name_fault(name: &[u8]) -> Option<BadName> {
    if name.is_empty() {
        return Some(BadName::Empty);
    }
    if name.len() > MAX_NAME_LEN {
        return Some(BadName::TooLong(name.len()));
    }
    if matches!(name.split(|&byte| byte == b'-').next(), Some(b"." | b"..")) {
        return Some(BadName::Dots);
    }
    let position = name.iter().position(|&byte| !LEGAL[usize::from(byte)])?;
    name.get(position).map(|&byte| BadName::Character { byte, position })
}

/// The path of a store object below some store directory: a hash part and a name.
///
/// Store paths sort like their base names.
#[derive(Clone, PartialEq, Eq)]
pub struct StorePath {
    hash: [u8; 20],
    name: Arc<str>,
}

impl StorePath {
    /// A store path from the raw bytes of its hash part, and its name.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn new(hash: [u8; 20], name: &str) -> Result<Self, Error> {
        check_name(name)?;
        Ok(Self { hash, name: name.into() })
    }

    /// The store path with the base name `HASH-NAME`.
    ///
    /// # Errors
    /// [`Error::BadStorePath`], which says which byte is wrong.
    pub fn from_base_name(base_name: impl AsRef<[u8]>) -> Result<Self, Error> {
        let base_name = base_name.as_ref();
        let bad = |reason| Error::BadStorePath { text: printable(base_name), reason };
        let Some((digits, rest)) = base_name.split_at_checked(HASH_PART_LEN) else {
            return Err(bad(BadStorePath::TooShort));
        };
        let Some((dash, name)) = rest.split_first() else {
            return Err(bad(BadStorePath::TooShort));
        };
        if *dash != b'-' {
            return Err(bad(BadStorePath::NoDash));
        }
        let Some(hash) = digits.first_chunk().and_then(base32::decode_hash_part) else {
            let at = digits.iter().position(|&digit| !base32::is_digit(digit)).unwrap_or_default();
            let byte = digits.get(at).copied().unwrap_or_default();
            return Err(bad(BadStorePath::Digit { byte, position: at }));
        };
        if let Some(fault) = name_fault(name) {
            return Err(bad(BadStorePath::Name(fault)));
        }
        let name = std::str::from_utf8(name).map_err(|_| bad(BadStorePath::TooShort))?;
        Ok(Self { hash, name: name.into() })
    }

    /// The bytes that the hash part encodes.
    pub const fn hash(&self) -> &[u8; 20] {
        &self.hash
    }

    /// The 32 digits of the hash part.
    pub fn hash_part(&self) -> String {
        base32::encode(&self.hash)
    }

    /// What follows the hash part and the dash.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `HASH-NAME`.
    pub fn base_name(&self) -> String {
        let mut text = self.hash_part();
        text.reserve(1 + self.name.len());
        text.push('-');
        text.push_str(&self.name);
        text
    }

    /// Whether the name ends in `.drv`.
    pub fn is_derivation(&self) -> bool {
        self.name.ends_with(".drv")
    }
}

/// The digits of a hash part stand in the reverse order of its bytes, so it sorts like a number of 160 bits whose lowest
/// byte is the first one.
impl Ord for StorePath {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = |path: &Self| {
            let [a, b, c, d, high @ ..] = path.hash;
            (u128::from_le_bytes(high), u32::from_le_bytes([a, b, c, d]))
        };
        parts(self).cmp(&parts(other)).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for StorePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::hash::Hash for StorePath {
    // Two names with the same hash part hardly occur, and are told apart by comparing them.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(&self.hash);
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.hash_part(), self.name)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorePath({self})")
    }
}

/// How a fixed-output object was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileIngestion {
    /// The hash is that of one regular file's contents.
    Flat,
    /// The hash is that of the object's archive (NAR).
    Recursive,
    /// The hash is that of the object as a Git tree or blob.
    Git,
}

impl FileIngestion {
    /// What stands before the algorithm in derivations and content addresses.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Flat => "",
            Self::Recursive => "r:",
            Self::Git => "git:",
        }
    }
}

/// A store directory: absolute and canonical in its spelling. It takes part in every store path's hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreDir(Box<str>);

impl Default for StoreDir {
    /// `/nix/store`.
    fn default() -> Self {
        Self("/nix/store".into())
    }
}

impl StoreDir {
    /// Checks that `dir` is spelled canonically: absolute, without empty, `.` or `..` components, without a
    /// slash at its end, and without control characters.
    ///
    /// # Errors
    /// [`Error::BadStoreDir`].
    pub fn new(dir: &str) -> Result<Self, Error> {
        let bad = |reason| Err(Error::BadStoreDir { dir: printable(dir.as_bytes()), reason });
        let Some(rest) = dir.strip_prefix('/') else {
            return bad("it is not an absolute path");
        };
        if dir.chars().any(char::is_control) {
            return bad("it contains a control character");
        }
        if rest.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return bad("it is not in canonical form");
        }
        Ok(Self(dir.into()))
    }

    /// The directory's path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full path of a store object.
    pub fn join(&self, path: &StorePath) -> String {
        let mut text = Vec::with_capacity(self.0.len() + 34 + path.name.len());
        self.push_path(&mut text, path);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Appends the full path of a store object.
    pub fn push_path(&self, out: &mut Vec<u8>, path: &StorePath) {
        out.extend_from_slice(self.0.as_bytes());
        out.push(b'/');
        base32::push(out, &path.hash);
        out.push(b'-');
        out.extend_from_slice(path.name.as_bytes());
    }

    /// The store object whose full path is exactly `path`.
    ///
    /// # Errors
    /// [`Error::BadStorePath`].
    pub fn parse(&self, path: impl AsRef<[u8]>) -> Result<StorePath, Error> {
        let path = path.as_ref();
        let (store_path, rest) = self.parse_prefix(path)?;
        if rest.is_empty() {
            Ok(store_path)
        } else {
            Err(Error::BadStorePath { text: printable(path), reason: BadStorePath::Below })
        }
    }

    /// The store object that `path` lies in, and the rest of the path: empty, or beginning with a slash.
    ///
    /// # Errors
    /// [`Error::BadStorePath`].
    pub fn parse_prefix<'a>(
        &self,
        path: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Result<(StorePath, &'a [u8]), Error> {
        let path = path.as_ref();
        let inside = path.strip_prefix(self.0.as_bytes()).and_then(|rest| rest.strip_prefix(b"/"));
        let Some(inside) = inside else {
            return Err(Error::BadStorePath { text: printable(path), reason: BadStorePath::NotInStore });
        };
        let end = inside.iter().position(|&byte| byte == b'/').unwrap_or(inside.len());
        let (base_name, rest) = inside.split_at(end);
        Ok((StorePath::from_base_name(base_name)?, rest))
    }

    /// The store path of `hash` for the given kind of object: Nix's general rule, of which all others are
    /// cases.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn make_store_path(&self, kind: &str, hash: &Hash, name: &str) -> Result<StorePath, Error> {
        let mut fingerprint = Vec::with_capacity(kind.len() + 2 * hash.bytes().len() + self.0.len() + 64);
        fingerprint.extend_from_slice(kind.as_bytes());
        self.finish_store_path(fingerprint, hash, name)
    }

    /// The store path whose fingerprint begins with the kind of object.
    fn finish_store_path(
        &self,
        mut fingerprint: Vec<u8>,
        hash: &Hash,
        name: &str,
    ) -> Result<StorePath, Error> {
        check_name(name)?;
        for part in [":", hash.algo().name(), ":"] {
            fingerprint.extend_from_slice(part.as_bytes());
        }
        hash.push_base16(&mut fingerprint);
        for part in [":", &self.0, ":", name] {
            fingerprint.extend_from_slice(part.as_bytes());
        }
        Ok(StorePath { hash: HashAlgo::Sha256.digest(fingerprint).fold20(), name: name.into() })
    }

    /// The path of a text object: one regular file, not executable, that may refer to other objects.
    /// `contents_hash` is the SHA-256 of its contents.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn make_text_path(
        &self,
        name: &str,
        contents_hash: &Hash,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        self.text_path(name, contents_hash, references)
    }

    /// As [`StoreDir::make_text_path`], with references that ascend.
    pub(crate) fn text_path<'r>(
        &self,
        name: &str,
        contents_hash: &Hash,
        references: impl IntoIterator<Item = &'r StorePath>,
    ) -> Result<StorePath, Error> {
        self.finish_store_path(self.kind("text", references, false), contents_hash, name)
    }

    /// The path of an object that is known by the hash of its contents. Only an object ingested recursively
    /// under SHA-256 may have references, to itself too (`self_reference`).
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::ReferencesNotAllowed`].
    pub fn make_fixed_output_path(
        &self,
        name: &str,
        ingestion: FileIngestion,
        hash: &Hash,
        references: &BTreeSet<StorePath>,
        self_reference: bool,
    ) -> Result<StorePath, Error> {
        if ingestion == FileIngestion::Recursive && hash.algo() == HashAlgo::Sha256 {
            return self.finish_store_path(self.kind("source", references, self_reference), hash, name);
        }
        if !references.is_empty() || self_reference {
            return Err(Error::ReferencesNotAllowed { name: printable(name.as_bytes()) });
        }
        let method = ingestion.prefix();
        let inner = format!("fixed:out:{method}{}:{}:", hash.algo(), hash.to_base16());
        self.make_store_path("output:out", &HashAlgo::Sha256.digest(inner), name)
    }

    /// The path of an input-addressed derivation's output. `derivation_hash` is the derivation's hash modulo
    /// with masked outputs, `name` the derivation's name.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn make_output_path(
        &self,
        output: &str,
        derivation_hash: &Hash,
        name: &str,
    ) -> Result<StorePath, Error> {
        let mut fingerprint = Vec::with_capacity(256);
        fingerprint.extend_from_slice(b"output:");
        fingerprint.extend_from_slice(output.as_bytes());
        self.finish_store_path(fingerprint, derivation_hash, &output_path_name(name, output))
    }

    /// The beginning of a fingerprint, with room for the rest of it.
    fn kind<'r>(
        &self,
        kind: &str,
        references: impl IntoIterator<Item = &'r StorePath>,
        self_reference: bool,
    ) -> Vec<u8> {
        let references = references.into_iter();
        let mut text = Vec::with_capacity(256 + 80 * references.size_hint().0);
        text.extend_from_slice(kind.as_bytes());
        for reference in references {
            text.push(b':');
            self.push_path(&mut text, reference);
        }
        if self_reference {
            text.extend_from_slice(b":self");
        }
        text
    }
}

impl fmt::Display for StoreDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a derivation output's store object: the derivation's name, and the output's unless it is
/// `out`.
pub fn output_path_name<'d>(derivation: &'d str, output: &str) -> Cow<'d, str> {
    if output == "out" { Cow::Borrowed(derivation) } else { Cow::Owned([derivation, "-", output].concat()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "9p0nl625gm5mli8h2xfsgma0zz31g9yc";

    #[track_caller]
    fn check(base_name: &str, expected: Result<&str, BadStorePath>) {
        let found = match StorePath::from_base_name(base_name) {
            Ok(path) => {
                assert_eq!(path.base_name(), base_name);
                assert_eq!(path.to_string(), base_name);
                Ok(path.name().to_owned())
            }
            Err(Error::BadStorePath { reason, .. }) => Err(reason),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, expected.map(str::to_owned));
    }

    #[test]
    fn base_names() {
        let with = |name: &str| format!("{HASH}-{name}");
        let name = |fault| Err(BadStorePath::Name(fault));
        check(&with("t.txt"), Ok("t.txt"));
        check(&with(".hidden"), Ok(".hidden"));
        check(&with("..."), Ok("..."));
        check(&with(".a-b"), Ok(".a-b"));
        check(&with("A+z-0._?="), Ok("A+z-0._?="));
        check(&with(&"x".repeat(211)), Ok(&"x".repeat(211)));
        check(&with(&"x".repeat(212)), name(BadName::TooLong(212)));
        check(&with(""), name(BadName::Empty));
        check(&with("."), name(BadName::Dots));
        check(&with(".."), name(BadName::Dots));
        check(&with(".-a"), name(BadName::Dots));
        check(&with("..-a"), name(BadName::Dots));
        check(&with("a b"), name(BadName::Character { byte: b' ', position: 1 }));
        check(&with("é"), name(BadName::Character { byte: 0xc3, position: 0 }));
        check(HASH, Err(BadStorePath::TooShort));
        check("short-x", Err(BadStorePath::TooShort));
        check(&format!("{HASH}+x"), Err(BadStorePath::NoDash));
        check(&format!("{}-x", HASH.replace('m', "e")), Err(BadStorePath::Digit { byte: b'e', position: 9 }));
    }

    #[test]
    fn order_is_that_of_base_names() {
        let digits = ["0", "1", "9", "a", "d", "f", "z"];
        let mut names: Vec<String> = Vec::new();
        for front in digits {
            for back in digits {
                names.push(format!("{front}{}{back}-x", &HASH[..30]));
                names.push(format!("{front}{}{back}-a.drv", &HASH[..30]));
            }
        }
        let mut paths: Vec<_> = names.iter().map(|name| StorePath::from_base_name(name).unwrap()).collect();
        paths.sort();
        names.sort();
        assert_eq!(paths.iter().map(StorePath::base_name).collect::<Vec<_>>(), names);
    }

    #[test]
    fn full_paths() {
        let dir = StoreDir::default();
        let full = format!("/nix/store/{HASH}-x");
        let path = dir.parse(&full).unwrap();
        assert_eq!(dir.join(&path), full);
        let inside = format!("{full}/bin/y");
        assert_eq!(dir.parse_prefix(&inside).unwrap(), (path, b"/bin/y".as_slice()));
        for (bad, reason) in [
            (inside.as_str(), BadStorePath::Below),
            ("/nix/stores/x", BadStorePath::NotInStore),
            ("/nix/store", BadStorePath::NotInStore),
            ("/nix/store/", BadStorePath::TooShort),
        ] {
            let error = dir.parse(bad).unwrap_err();
            assert!(
                matches!(error, Error::BadStorePath { reason: found, .. } if found == reason),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn store_dirs() {
        for good in ["/nix/store", "/home/u/.local/share/hm/nix/store", "/s"] {
            assert_eq!(StoreDir::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "nix/store", "/nix/store/", "/nix//store", "/nix/../store", "/a\nb"] {
            assert!(matches!(StoreDir::new(bad), Err(Error::BadStoreDir { .. })), "{bad}");
        }
    }

    /// Recorded from stock Nix 2.34: `builtins.toFile "t.txt" "hello"`, and fixed outputs of the hash of
    /// nothing.
    #[test]
    fn computed_paths() {
        let dir = StoreDir::default();
        let none = BTreeSet::new();
        let hello = HashAlgo::Sha256.digest("hello");
        let text = dir.make_text_path("t.txt", &hello, &none).unwrap();
        assert_eq!(text.base_name(), "9p0nl625gm5mli8h2xfsgma0zz31g9yc-t.txt");
        let check = |name, ingestion, algo: HashAlgo, expected: &str| {
            let path = dir.make_fixed_output_path(name, ingestion, &algo.digest(""), &none, false).unwrap();
            assert_eq!(path.base_name(), expected);
        };
        use FileIngestion::{Flat, Recursive};
        check("f.tar", Recursive, HashAlgo::Sha256, "9cixw2l6z112pk6nk16q7bkcm9xv9vqv-f.tar");
        check("g.tar", Flat, HashAlgo::Sha256, "41c0vrv56p5g0vc8y6czvgq6a2kfn56h-g.tar");
        check("h.tar", Recursive, HashAlgo::Sha1, "l6aqlkn7gb1kvjpfgbcl0qj9l99r73l1-h.tar");
        let refused = dir.make_fixed_output_path("x", Flat, &hello, &BTreeSet::from([text]), false);
        assert!(matches!(refused, Err(Error::ReferencesNotAllowed { .. })));
    }
}
