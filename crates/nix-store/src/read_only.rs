//! A store that is only imagined: it computes the paths that a real one would give, and writes nothing.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use nix_formats::nar::{self, Tree};
use nix_formats::{FileIngestion, HashAlgo, ObjectInfo, StoreDir, StorePath, WrittenDerivation};

use crate::error::Error;
use crate::node::Node;
use crate::store::{Filter, Store};

/// Computes store paths for a store directory that need not exist.
///
/// Objects that were "added" are valid and have references; nothing else is known.
#[derive(Debug)]
pub struct ReadOnlyStore {
    dir: StoreDir,
    added: RefCell<HashMap<StorePath, Arc<[StorePath]>, BuildHasherDefault<HashPart>>>,
    /// Those of them that are known by their inputs.
    input_addressed: RefCell<BTreeSet<StorePath>>,
}

/// Takes a store path's hash part, a hash already, for its hash.
#[derive(Debug, Default)]
struct HashPart(u64);

impl Hasher for HashPart {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |chunk| u64::from_ne_bytes(*chunk));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn shared(references: &BTreeSet<StorePath>) -> Arc<[StorePath]> {
    references.iter().cloned().collect()
}

impl ReadOnlyStore {
    /// A store at `dir` that nothing has been added to.
    pub fn new(dir: StoreDir) -> Self {
        Self { dir, added: RefCell::default(), input_addressed: RefCell::default() }
    }

    fn add(&self, path: StorePath, references: Arc<[StorePath]>) -> StorePath {
        self.added.borrow_mut().insert(path.clone(), references);
        path
    }

    fn add_source(
        &self,
        name: &str,
        node: &Node<'_>,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        let (hash, _) = node.nar_hash()?;
        let recursive = FileIngestion::Recursive;
        let path = self.dir.make_fixed_output_path(name, recursive, &hash, references, false)?;
        Ok(self.add(path, shared(references)))
    }
}

impl Store for ReadOnlyStore {
    fn store_dir(&self) -> &StoreDir {
        &self.dir
    }

    fn add_text(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        let path = self.dir.make_text_path(name, &HashAlgo::Sha256.digest(contents), references)?;
        Ok(self.add(path, shared(references)))
    }

    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath, Error> {
        let hash = HashAlgo::Sha256.digest(contents);
        let path =
            self.dir.make_fixed_output_path(name, FileIngestion::Flat, &hash, &BTreeSet::new(), false)?;
        Ok(self.add(path, Arc::default()))
    }

    fn add_tree(
        &self,
        name: &str,
        tree: &Tree,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        self.add_source(name, &Node::from(tree), references)
    }

    fn add_path_from_fs(
        &self,
        name: &str,
        source: &Path,
        filter: Option<&mut Filter<'_>>,
    ) -> Result<StorePath, Error> {
        self.add_source(name, &Node::from_fs(source, filter)?, &BTreeSet::new())
    }

    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath, Error> {
        Ok(self.add(derivation.path(&self.dir)?, Arc::clone(derivation.references())))
    }

    fn add_valid(&self, info: &ObjectInfo, archive: &mut dyn Read) -> Result<(), Error> {
        if self.is_valid(&info.path)? {
            return Ok(());
        }
        nar::read_verified(&self.dir, info, archive, &mut nar::Skip)?;
        if !info.is_content_addressed(&self.dir) {
            self.input_addressed.borrow_mut().insert(info.path.clone());
        }
        self.add(info.path.clone(), shared(&info.references));
        Ok(())
    }

    fn is_valid(&self, path: &StorePath) -> Result<bool, Error> {
        Ok(self.added.borrow().contains_key(path))
    }

    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>, Error> {
        let added = self.added.borrow();
        let references = added.get(path).ok_or_else(|| Error::NotValid(path.clone()))?;
        Ok(references.iter().cloned().collect())
    }

    fn is_content_addressed(&self, path: &StorePath) -> Result<bool, Error> {
        self.references(path)?;
        Ok(!self.input_addressed.borrow().contains(path))
    }

    fn commit(&self) -> Result<(), Error> {
        Ok(())
    }

    fn add_indirect_root(&self, _link: &Path) -> Result<(), Error> {
        Ok(())
    }
}
