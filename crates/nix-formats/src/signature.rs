//! Signatures of store objects and the keys that they are made and checked with: Ed25519, written `NAME:BASE64`.
//!
//! The form is that of Nix's `trusted-public-keys`, of the files of `nix-store --generate-binary-cache-key` and of the lines
//! `Sig` in a cache.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};

use crate::base64;
use crate::error::{BadObject, Error};

/// The key of cache.nixos.org, the only one that Nix trusts unless told otherwise.
pub const DEFAULT_TRUSTED_KEY: &str = "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";

/// Splits `NAME:BASE64`.
fn parse_named(text: &str) -> Option<(&str, Vec<u8>)> {
    let (name, digits) = text.split_once(':')?;
    let bytes = base64::decode(digits.as_bytes()).ok()?;
    (!name.is_empty() && !bytes.is_empty()).then_some((name, bytes))
}

/// A signature, and the name of the key that it was made with. It need not be a good one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    key: Box<str>,
    bytes: Box<[u8]>,
}

impl Signature {
    /// The name of the key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Signature {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (key, bytes) = parse_named(text).ok_or_else(|| BadObject::Signature(text.to_owned()))?;
        Ok(Self { key: key.into(), bytes: bytes.into() })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key, base64::encode(&self.bytes))
    }
}

/// Public keys by their names.
#[derive(Debug, Clone, Default)]
pub struct PublicKeys(BTreeMap<String, VerifyingKey>);

impl PublicKeys {
    /// Adds the key `NAME:BASE64`, unless there is one of that name.
    ///
    /// # Errors
    /// [`BadObject::Key`], [`BadObject::PublicKey`].
    pub fn add(&mut self, text: &str) -> Result<(), Error> {
        let (name, bytes) = parse_named(text).ok_or_else(|| BadObject::Key(text.to_owned()))?;
        let invalid = || BadObject::PublicKey(text.to_owned());
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| invalid())?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| invalid())?;
        self.0.entry(name.to_owned()).or_insert(key);
        Ok(())
    }

    /// Adds the public half of a secret key, unless there is one of its name.
    pub fn add_secret(&mut self, key: &SecretKey) {
        self.0.entry(key.name.clone()).or_insert_with(|| key.key.verifying_key());
    }

    /// Whether `signature` is one of these keys' of `data`.
    ///
    /// # Errors
    /// [`BadObject::SignatureLength`] when the key is one of these and the signature can be none.
    pub fn verify(&self, data: &[u8], signature: &Signature) -> Result<bool, Error> {
        let Some(key) = self.0.get(signature.key()) else { return Ok(false) };
        let bytes = <[u8; 64]>::try_from(&*signature.bytes)
            .map_err(|_| BadObject::SignatureLength(signature.to_string()))?;
        Ok(key.verify_strict(data, &ed25519_dalek::Signature::from_bytes(&bytes)).is_ok())
    }
}

/// A key to sign with.
pub struct SecretKey {
    name: String,
    key: SigningKey,
}

impl SecretKey {
    /// The key of this name with the seed that all of it follows from.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Self {
        Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) }
    }

    /// Reads `NAME:BASE64`, of the seed and the public key one after the other.
    ///
    /// # Errors
    /// [`BadObject::SecretKey`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let key = parse_named(text.trim()).and_then(|(name, bytes)| {
            let bytes = <[u8; 64]>::try_from(bytes).ok()?;
            Some(Self { name: name.to_owned(), key: SigningKey::from_keypair_bytes(&bytes).ok()? })
        });
        Ok(key.ok_or(BadObject::SecretKey)?)
    }

    /// The public key, as it stands in `trusted-public-keys`.
    pub fn public(&self) -> String {
        format!("{}:{}", self.name, base64::encode(self.key.verifying_key().as_bytes()))
    }

    /// Signs `data`.
    pub fn sign(&self, data: &[u8]) -> Signature {
        let bytes = self.key.sign(data).to_bytes();
        Signature { key: self.name.as_str().into(), bytes: bytes.into() }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({:?})", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of cache.nixos.org, as everybody can download it.
    const FINGERPRINT: &str = "1;/nix/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin;\
        sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0;196040;\
        /nix/store/0jqd0rlxzra1rs38rdxl43yh6rxchgc6-curl-7.82.0,\
        /nix/store/6w8g7njm4mck5dmjxws0z1xnrxvl81xa-glibc-2.34-115,\
        /nix/store/j5jxw3iy7bbz4a57fh9g2xm2gxmyal8h-zlib-1.2.12,\
        /nix/store/yxvjs9drzsphm9pcf42a4byzj1kb9m7k-openssl-1.1.1n";
    const SIGNATURE: &str = "cache.nixos.org-1:TsTTb3WGTZKphvYdBHXwo6weVILmTytUjLB+vcX89fOjjRicCHmKA4RCPMVLkj6TMJ4GMX3HPVWRdD1hkeKZBQ==";

    #[track_caller]
    fn check(key: &str, data: &str, signature: &str, expected: Result<bool, &str>) {
        let mut keys = PublicKeys::default();
        let found = keys
            .add(key)
            .and_then(|()| keys.verify(data.as_bytes(), &signature.parse()?))
            .map_err(|error| error.to_string());
        assert_eq!(found.as_ref().map_err(String::as_str), expected.as_ref().map_err(|text| *text));
    }

    #[test]
    fn signatures() {
        check(DEFAULT_TRUSTED_KEY, FINGERPRINT, SIGNATURE, Ok(true));
        check(DEFAULT_TRUSTED_KEY, &FINGERPRINT.replace("196040", "196041"), SIGNATURE, Ok(false));
        check(&DEFAULT_TRUSTED_KEY.replace("-1:", "-2:"), FINGERPRINT, SIGNATURE, Ok(false));
        check(DEFAULT_TRUSTED_KEY, "", "x:AAAA", Ok(false));
        check(
            DEFAULT_TRUSTED_KEY,
            "",
            "cache.nixos.org-1:AAAA",
            Err("signature is not valid: 'cache.nixos.org-1:AAAA'"),
        );
        check(DEFAULT_TRUSTED_KEY, "", "AAAA", Err("signature is corrupt: 'AAAA'"));
        check(DEFAULT_TRUSTED_KEY, "", ":AAAA", Err("signature is corrupt: ':AAAA'"));
        check(DEFAULT_TRUSTED_KEY, "", "a:*", Err("signature is corrupt: 'a:*'"));
        check("a:", "", SIGNATURE, Err("key is corrupt with raw value 'a:'"));
        check("a:AAAA", "", SIGNATURE, Err("public key is not valid: 'a:AAAA'"));
        assert_eq!(SIGNATURE.parse::<Signature>().unwrap().to_string(), SIGNATURE);
    }

    #[test]
    fn signing() {
        let key = SecretKey::from_seed("k", &[7; 32]);
        let signature = key.sign(b"data");
        check(&key.public(), "data", &signature.to_string(), Ok(true));
        check(&key.public(), "Data", &signature.to_string(), Ok(false));
        // RFC 8032, 7.1, test 1, with the halves put together as Nix's key files have them.
        let secret =
            "t:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
        let key = SecretKey::parse(secret).unwrap();
        assert_eq!(key.public(), "t:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        assert_eq!(key.sign(b"").to_string(), format!("t:{}", base64::encode(RFC_8032_1)));
        assert!(SecretKey::parse("t:AAAA").is_err());
    }

    const RFC_8032_1: &[u8] = &[
        0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc, 0x80, 0x6e, 0x82, 0x8a, 0x84,
        0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74, 0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55, 0x5f, 0xb8,
        0x82, 0x15, 0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b, 0xd2, 0x5b, 0xf5,
        0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43, 0x8e, 0x7a, 0x10, 0x0b,
    ];
}
