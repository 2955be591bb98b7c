//! Content addresses: how a store object that is known by its contents was hashed, as Nix's database and its
//! derivations write it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::hash::{Hash, HashAlgo, HashFormat};
use crate::store_path::{FileIngestion, StoreDir, StorePath};

/// The way of hashing a content-addressed store object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentAddressMethod {
    /// A text file (`builtins.toFile`, derivations): SHA-256 of its contents, references allowed.
    Text,
    /// A fixed output.
    Fixed(FileIngestion),
}

impl ContentAddressMethod {
    /// What stands before the algorithm in a derivation's output: `text:`, nothing, `r:` or `git:`.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Text => "text:",
            Self::Fixed(ingestion) => ingestion.prefix(),
        }
    }

    /// Parses `PREFIX ALGO`, as in `r:sha256`.
    ///
    /// # Errors
    /// [`Error::UnknownAlgo`].
    pub fn parse_with_algo(text: &str) -> Result<(Self, HashAlgo), Error> {
        use FileIngestion::{Flat, Git, Recursive};
        let (method, algo) = if let Some(algo) = text.strip_prefix("r:") {
            (Self::Fixed(Recursive), algo)
        } else if let Some(algo) = text.strip_prefix("git:") {
            (Self::Fixed(Git), algo)
        } else if let Some(algo) = text.strip_prefix("text:") {
            (Self::Text, algo)
        } else {
            (Self::Fixed(Flat), text)
        };
        Ok((method, HashAlgo::parse(algo)?))
    }
}

/// The content address of a store object; `Display` and `FromStr` use the form of Nix's database,
/// `text:sha256:…` or `fixed:r:sha256:…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentAddress {
    /// How the object was hashed.
    pub method: ContentAddressMethod,
    /// Its hash.
    pub hash: Hash,
}

impl ContentAddress {
    /// The path of the object of this name; `references` are to others.
    ///
    /// # Errors
    /// [`Error::BadName`], [`Error::ReferencesNotAllowed`].
    pub fn path(
        &self,
        dir: &StoreDir,
        name: &str,
        references: &BTreeSet<StorePath>,
        self_reference: bool,
    ) -> Result<StorePath, Error> {
        match self.method {
            ContentAddressMethod::Text if self_reference => {
                Err(Error::ReferencesNotAllowed { name: name.to_owned() })
            }
            ContentAddressMethod::Text => dir.make_text_path(name, &self.hash, references),
            ContentAddressMethod::Fixed(ingestion) => {
                dir.make_fixed_output_path(name, ingestion, &self.hash, references, self_reference)
            }
        }
    }
}

impl fmt::Display for ContentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = self.hash.prefixed(HashFormat::Nix32);
        match self.method {
            ContentAddressMethod::Text => write!(f, "text:{hash}"),
            ContentAddressMethod::Fixed(ingestion) => write!(f, "fixed:{}{hash}", ingestion.prefix()),
        }
    }
}

impl FromStr for ContentAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::BadContentAddress(text.to_owned());
        let (kind, rest) = text.split_once(':').ok_or_else(bad)?;
        let (method, digits) = rest.rsplit_once(':').ok_or_else(bad)?;
        let (method, algo) = ContentAddressMethod::parse_with_algo(method)?;
        let method = match (kind, method) {
            ("text", ContentAddressMethod::Fixed(FileIngestion::Flat)) if algo == HashAlgo::Sha256 => {
                ContentAddressMethod::Text
            }
            ("fixed", ContentAddressMethod::Fixed(_)) => method,
            _ => return Err(bad()),
        };
        Ok(Self { method, hash: Hash::parse_digits(digits, algo)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for text in [
            "text:sha256:094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic",
            "fixed:sha256:094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic",
            "fixed:r:sha1:9m1skbnr5i43n3yypvda5s65vhfwdx5a",
            "fixed:git:sha1:9m1skbnr5i43n3yypvda5s65vhfwdx5a",
        ] {
            assert_eq!(text.parse::<ContentAddress>().unwrap().to_string(), text);
        }
        for text in ["", "text", "text:sha1:9m1skbnr5i43n3yypvda5s65vhfwdx5a", "other:r:md5:00"] {
            assert!(text.parse::<ContentAddress>().is_err(), "{text}");
        }
    }
}
