//! Cryptographic hashes: computing them, and the four ways Nix writes them down.

use std::fmt;
use std::io;
use std::str::FromStr;

use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::error::{Error, printable};
use crate::{base32, base64};

/// A hash algorithm of Nix. BLAKE3 is experimental there, which is for the evaluator to ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgo {
    /// MD5, 16 bytes.
    Md5,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-512, 64 bytes.
    Sha512,
    /// BLAKE3, 32 bytes.
    Blake3,
}

impl HashAlgo {
    /// The name as it stands in hashes: `md5`, `sha1`, `sha256`, `sha512`, `blake3`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// The length of a digest in bytes.
    pub const fn digest_len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Blake3 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The algorithm called `name`.
    ///
    /// # Errors
    /// [`Error::UnknownAlgo`].
    pub fn parse(name: impl AsRef<[u8]>) -> Result<Self, Error> {
        match name.as_ref() {
            b"md5" => Ok(Self::Md5),
            b"sha1" => Ok(Self::Sha1),
            b"sha256" => Ok(Self::Sha256),
            b"sha512" => Ok(Self::Sha512),
            b"blake3" => Ok(Self::Blake3),
            other => Err(Error::UnknownAlgo(printable(other))),
        }
    }

    /// The hash of `data`.
    pub fn digest(self, data: impl AsRef<[u8]>) -> Hash {
        let mut hasher = Hasher::new(self);
        hasher.update(data);
        hasher.finish()
    }
}

impl fmt::Display for HashAlgo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for HashAlgo {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::parse(name)
    }
}

/// How the bytes of a hash are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashFormat {
    /// Lower-case hexadecimal.
    Base16,
    /// nixbase32.
    Nix32,
    /// Base 64 with padding.
    Base64,
    /// `ALGO-BASE64`, always with the algorithm.
    Sri,
}

/// A digest together with its algorithm.
///
/// Hashes sort by algorithm, then by bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    algo: HashAlgo,
    // Beyond the algorithm's length all bytes are zero, so that the derived comparisons are right.
    bytes: [u8; 64],
}

impl Hash {
    /// A hash from its raw bytes; `None` when their number is not the algorithm's.
    pub fn from_bytes(algo: HashAlgo, digest: &[u8]) -> Option<Self> {
        let mut bytes = [0; 64];
        if digest.len() != algo.digest_len() {
            return None;
        }
        bytes.get_mut(..digest.len())?.copy_from_slice(digest);
        Some(Self { algo, bytes })
    }

    /// The hash whose bytes are all zero; Nix takes it where a fixed-output hash was left empty.
    pub const fn zero(algo: HashAlgo) -> Self {
        Self { algo, bytes: [0; 64] }
    }

    /// The algorithm.
    pub const fn algo(&self) -> HashAlgo {
        self.algo
    }

    /// The digest.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.split_at(self.algo.digest_len()).0
    }

    /// The digits in `format`; SRI carries the algorithm, the others are bare.
    pub fn digits(&self, format: HashFormat) -> String {
        match format {
            HashFormat::Base16 => self.to_base16(),
            HashFormat::Nix32 => self.to_nix32(),
            HashFormat::Base64 => self.to_base64(),
            HashFormat::Sri => self.to_sri(),
        }
    }

    /// The digits in `format` after the algorithm: `sha256:…`, for SRI `sha256-…`.
    pub fn prefixed(&self, format: HashFormat) -> String {
        match format {
            HashFormat::Sri => self.to_sri(),
            _ => format!("{}:{}", self.algo, self.digits(format)),
        }
    }

    /// Lower-case hexadecimal.
    pub fn to_base16(&self) -> String {
        base64::encode_hex(self.bytes())
    }

    /// Appends what [`Hash::to_base16`] gives.
    pub(crate) fn push_base16(&self, out: &mut Vec<u8>) {
        base64::push_hex(out, self.bytes());
    }

    /// nixbase32.
    pub fn to_nix32(&self) -> String {
        base32::encode(self.bytes())
    }

    /// Base 64 with padding.
    pub fn to_base64(&self) -> String {
        base64::encode(self.bytes())
    }

    /// `ALGO-BASE64`.
    pub fn to_sri(&self) -> String {
        format!("{}-{}", self.algo, self.to_base64())
    }

    /// Any form that Nix reads: `ALGO:DIGITS` and bare `DIGITS` in base 16, nixbase32 or base 64 (told apart
    /// by their number), and `ALGO-BASE64`. `algo` is the algorithm known from the context; a bare hash needs
    /// it, any other must agree with it.
    ///
    /// # Errors
    /// [`Error::MissingAlgo`], [`Error::WrongAlgo`], [`Error::UnknownAlgo`], [`Error::WrongLength`],
    /// [`Error::BadDigit`].
    pub fn parse(text: impl AsRef<[u8]>, algo: Option<HashAlgo>) -> Result<Self, Error> {
        Self::parse_with_format(text, algo).map(|(hash, _)| hash)
    }

    /// As [`Hash::parse`], and the form that was found.
    ///
    /// # Errors
    /// As [`Hash::parse`].
    pub fn parse_with_format(
        text: impl AsRef<[u8]>,
        algo: Option<HashAlgo>,
    ) -> Result<(Self, HashFormat), Error> {
        let text = text.as_ref();
        let (prefix, digits, sri) = match split_once(text, b':') {
            Some((prefix, digits)) => (Some(prefix), digits, false),
            None => match split_once(text, b'-') {
                Some((prefix, digits)) => (Some(prefix), digits, true),
                None => (None, text, false),
            },
        };
        let named = prefix.map(HashAlgo::parse).transpose()?;
        let algo = match (named, algo) {
            (None, None) => return Err(Error::MissingAlgo(printable(text))),
            (Some(named), Some(expected)) if named != expected => {
                return Err(Error::WrongAlgo { text: printable(text), expected });
            }
            (Some(algo), _) | (None, Some(algo)) => algo,
        };
        let format = if sri { HashFormat::Sri } else { format_of(digits, algo)? };
        Ok((Self::from_digits(digits, algo, format)?, format))
    }

    /// Bare digits of a known algorithm, in base 16, nixbase32 or base 64.
    ///
    /// # Errors
    /// [`Error::WrongLength`], [`Error::BadDigit`].
    pub fn parse_digits(digits: impl AsRef<[u8]>, algo: HashAlgo) -> Result<Self, Error> {
        let digits = digits.as_ref();
        Self::from_digits(digits, algo, format_of(digits, algo)?)
    }

    /// Only `ALGO-BASE64`.
    ///
    /// # Errors
    /// [`Error::NotSri`], [`Error::UnknownAlgo`], [`Error::WrongLength`], [`Error::BadDigit`].
    pub fn parse_sri(text: impl AsRef<[u8]>) -> Result<Self, Error> {
        let text = text.as_ref();
        let (algo, digits) = split_once(text, b'-').ok_or_else(|| Error::NotSri(printable(text)))?;
        Self::from_digits(digits, HashAlgo::parse(algo)?, HashFormat::Sri)
    }

    fn from_digits(digits: &[u8], algo: HashAlgo, format: HashFormat) -> Result<Self, Error> {
        let bytes = match format {
            HashFormat::Base16 => base64::decode_hex(digits)?,
            HashFormat::Nix32 => base32::decode(digits)?,
            HashFormat::Base64 | HashFormat::Sri => base64::decode(digits)?,
        };
        Self::from_bytes(algo, &bytes).ok_or_else(|| Error::WrongLength { text: printable(digits), algo })
    }

    /// The digest folded to 20 bytes by exclusive or, as store paths carry it.
    pub fn fold20(&self) -> [u8; 20] {
        let mut folded = [0; 20];
        for chunk in self.bytes().chunks(20) {
            for (byte, part) in folded.iter_mut().zip(chunk) {
                *byte ^= part;
            }
        }
        folded
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sri())
    }
}

/// The SRI form, Nix's own choice for messages.
impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_sri())
    }
}

fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn format_of(digits: &[u8], algo: HashAlgo) -> Result<HashFormat, Error> {
    let (len, size) = (digits.len(), algo.digest_len());
    if len == 2 * size {
        Ok(HashFormat::Base16)
    } else if len == base32::encoded_len(size) {
        Ok(HashFormat::Nix32)
    } else if len == size.div_ceil(3) * 4 {
        Ok(HashFormat::Base64)
    } else {
        Err(Error::WrongLength { text: printable(digits), algo })
    }
}

/// A hash in the making. Also an [`io::Write`] that never fails.
#[derive(Clone, Debug)]
pub struct Hasher(State);

#[derive(Clone, Debug)]
enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// A hash of no bytes yet.
    pub fn new(algo: HashAlgo) -> Self {
        Self(match algo {
            HashAlgo::Md5 => State::Md5(Md5::new()),
            HashAlgo::Sha1 => State::Sha1(Sha1::new()),
            HashAlgo::Sha256 => State::Sha256(Sha256::new()),
            HashAlgo::Sha512 => State::Sha512(Sha512::new()),
            HashAlgo::Blake3 => State::Blake3(Box::new(blake3::Hasher::new())),
        })
    }

    /// Appends `data`.
    pub fn update(&mut self, data: impl AsRef<[u8]>) {
        match &mut self.0 {
            State::Md5(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sha256(state) => state.update(data),
            State::Sha512(state) => state.update(data),
            State::Blake3(state) => {
                state.update(data.as_ref());
            }
        }
    }

    /// The hash of everything appended.
    pub fn finish(self) -> Hash {
        fn pad(algo: HashAlgo, digest: &[u8]) -> Hash {
            let mut bytes = [0; 64];
            for (byte, part) in bytes.iter_mut().zip(digest) {
                *byte = *part;
            }
            Hash { algo, bytes }
        }
        match self.0 {
            State::Md5(state) => pad(HashAlgo::Md5, &state.finalize()),
            State::Sha1(state) => pad(HashAlgo::Sha1, &state.finalize()),
            State::Sha256(state) => pad(HashAlgo::Sha256, &state.finalize()),
            State::Sha512(state) => pad(HashAlgo::Sha512, &state.finalize()),
            State::Blake3(state) => pad(HashAlgo::Blake3, state.finalize().as_bytes()),
        }
    }
}

impl io::Write for Hasher {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms were recorded from `nix-hash` 2.34.
    #[track_caller]
    fn check(algo: HashAlgo, data: &str, base16: &str, nix32: &str, base64: &str) {
        let hash = algo.digest(data);
        assert_eq!(hash.to_base16(), base16);
        assert_eq!(hash.to_nix32(), nix32);
        assert_eq!(hash.to_base64(), base64);
        for digits in [base16, nix32, base64, &base16.to_uppercase()] {
            assert_eq!(Hash::parse_digits(digits, algo).unwrap(), hash);
            assert_eq!(Hash::parse(digits, Some(algo)).unwrap(), hash);
            assert_eq!(Hash::parse(format!("{algo}:{digits}"), None).unwrap(), hash);
        }
        let (sri, format) = Hash::parse_with_format(format!("{algo}-{base64}"), Some(algo)).unwrap();
        assert_eq!((sri, format), (hash, HashFormat::Sri));
        assert_eq!(Hash::parse_sri(hash.to_sri()).unwrap(), hash);
    }

    #[test]
    fn blake3() {
        let expected = "17762fddd969a453925d65717ac3eea21320b66b54342fde15128d6caf21215f";
        assert_eq!(HashAlgo::Blake3.digest("a").to_base16(), expected);
    }

    #[test]
    fn forms() {
        check(
            HashAlgo::Md5,
            "hello",
            "5d41402abc4b2a76b9719d911017c592",
            "4jqlbi14cxf6wpcajbphm40hax",
            "XUFAKrxLKna5cZ2REBfFkg==",
        );
        check(
            HashAlgo::Sha1,
            "hello",
            "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
            "9m1skbnr5i43n3yypvda5s65vhfwdx5a",
            "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
        );
        check(
            HashAlgo::Sha256,
            "hello",
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic",
            "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        );
        check(
            HashAlgo::Sha512,
            "",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            "0zdl9zrg8r3i9c1g90lgg9ip5ijzv3yhz91i0zzn3r8ap9ws784gkp9dk9j3aglhgf1amqb0pj21mh7h1nxcl18akqvvf7ggqsy30yg",
            "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        );
    }

    #[track_caller]
    fn reject(text: &str, algo: Option<HashAlgo>, expected: &str) {
        assert_eq!(Hash::parse(text, algo).unwrap_err().to_string(), expected);
    }

    #[test]
    fn rejects() {
        let sha256 = Some(HashAlgo::Sha256);
        reject(
            "abc",
            None,
            "hash 'abc' does not include a type, nor is the type otherwise known from context",
        );
        reject("abc", sha256, "hash 'abc' has wrong length for hash algorithm 'sha256'");
        reject("sha256-", sha256, "hash '' has wrong length for hash algorithm 'sha256'");
        reject(
            "sha3:00",
            sha256,
            "unknown hash algorithm 'sha3', expect 'md5', 'sha1', 'sha256', or 'sha512'",
        );
        reject("md5:00", sha256, "hash 'md5:00' should have type 'sha256'");
        reject(
            "md5:4jqlbi14cxf6wpcajbphm40hae",
            None,
            "invalid character 'e' at byte 25 of the nix32 string '4jqlbi14cxf6wpcajbphm40hae'",
        );
    }

    #[test]
    fn folds_to_twenty_bytes() {
        let hash = HashAlgo::Sha256.digest("");
        let expected: Vec<u8> =
            (0..20).map(|i| hash.bytes()[i] ^ hash.bytes().get(i + 20).copied().unwrap_or(0)).collect();
        assert_eq!(hash.fold20().as_slice(), expected);
    }
}
