//! What is known of a store object besides its contents, and whether it may be believed.

use std::collections::BTreeSet;

use crate::content_address::ContentAddress;
use crate::error::Error;
use crate::hash::{Hash, HashFormat};
use crate::signature::{PublicKeys, Signature};
use crate::store_path::{StoreDir, StorePath};

/// What a store or a cache knows of an object (Nix's "path info").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its path.
    pub path: StorePath,
    /// The hash of its archive.
    pub nar_hash: Hash,
    /// The size of its archive.
    pub nar_size: u64,
    /// What it refers to; perhaps to itself.
    pub references: BTreeSet<StorePath>,
    /// The derivation that it was built from.
    pub deriver: Option<StorePath>,
    /// Who vouches for all of this.
    pub signatures: BTreeSet<Signature>,
    /// How its path follows from its contents, if it does.
    pub content_address: Option<ContentAddress>,
}

impl ObjectInfo {
    /// What is known of an object of this name by its contents: `references` are to others.
    ///
    /// # Errors
    /// When no such object can be.
    pub fn content_addressed(
        dir: &StoreDir,
        name: &str,
        address: ContentAddress,
        mut references: BTreeSet<StorePath>,
        self_reference: bool,
        (nar_hash, nar_size): (Hash, u64),
    ) -> Result<Self, Error> {
        let path = address.path(dir, name, &references, self_reference)?;
        if self_reference {
            references.insert(path.clone());
        }
        let (deriver, signatures, content_address) = (None, BTreeSet::new(), Some(address));
        Ok(Self { path, nar_hash, nar_size, references, deriver, signatures, content_address })
    }

    /// Whether the path is the one that the content address gives. The contents may still have another one.
    pub fn is_content_addressed(&self, dir: &StoreDir) -> bool {
        let Some(address) = &self.content_address else { return false };
        let mut others = self.references.clone();
        let self_reference = others.remove(&self.path);
        let path = address.path(dir, self.path.name(), &others, self_reference);
        path.is_ok_and(|path| path == self.path)
    }

    /// The text that is signed.
    pub fn fingerprint(&self, dir: &StoreDir) -> String {
        let references: Vec<String> = self.references.iter().map(|path| dir.join(path)).collect();
        format!(
            "1;{};{};{};{}",
            dir.join(&self.path),
            self.nar_hash.prefixed(HashFormat::Nix32),
            self.nar_size,
            references.join(",")
        )
    }

    /// Whether one of the signatures is by one of the keys.
    ///
    /// # Errors
    /// When one by such a key can be no signature.
    pub fn is_signed(&self, dir: &StoreDir, keys: &PublicKeys) -> Result<bool, Error> {
        let fingerprint = self.fingerprint(dir);
        for signature in &self.signatures {
            if keys.verify(fingerprint.as_bytes(), signature)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
