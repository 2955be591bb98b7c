//! The store of a command: the embedded one, opened when the first object is added.
//!
//! Opening creates directories and a database, so this waits until there is something to keep. What was added and not
//! committed when the command ends, because the configuration was refused or it was a dry run, is taken back: nothing
//! is left behind, not even a store that was created on the way.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use nix_formats::nar::Tree;
use nix_formats::{ObjectInfo, StoreDir, StorePath, WrittenDerivation};
use nix_store::{EmbeddedStore, Filter, OpenOptions, Result, Store};

use crate::cli::{ConfigurationArguments, StoreKind};
use crate::environment::Environment;
use crate::error::CommandError;

/// An embedded store that need not exist yet.
pub(crate) struct LazyStore {
    root: PathBuf,
    dir: StoreDir,
    store: OnceCell<EmbeddedStore>,
    refused: Cell<bool>,
}

impl LazyStore {
    /// The store that the arguments ask for.
    ///
    /// # Errors
    /// When the store exists and cannot be opened, or its directory cannot be one.
    pub(crate) fn find(
        environment: &Environment,
        arguments: &ConfigurationArguments,
    ) -> std::result::Result<Self, CommandError> {
        Ok(Self::at(Self::place(environment, arguments))?)
    }

    /// The directory of the store that the arguments ask for.
    pub(crate) fn place(environment: &Environment, arguments: &ConfigurationArguments) -> PathBuf {
        let StoreKind::Embedded = arguments.store;
        match &arguments.store_dir {
            Some(dir) => environment.absolute(dir),
            None => environment.data_home.join("hm/nix"),
        }
    }

    /// The directory that it is or will be in.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn at(root: PathBuf) -> Result<Self> {
        let store = OnceCell::new();
        let dir = if root.join("store").exists() {
            let opened = open(&root)?;
            let dir = opened.store_dir().clone();
            _ = store.set(opened);
            dir
        } else {
            match StoreDir::new(&canonical(&root).join("store").to_string_lossy()) {
                Ok(dir) => dir,
                // Its own words for what is wrong with the place are better.
                Err(error) => return open(&root).and(Err(error.into())),
            }
        };
        Ok(LazyStore { root, dir, store, refused: Cell::new(false) })
    }

    fn opened(&self) -> Result<&EmbeddedStore> {
        if let Some(store) = self.store.get() {
            return Ok(store);
        }
        let store = open(&self.root).inspect_err(|_| self.refused.set(true))?;
        Ok(self.store.get_or_init(|| store))
    }

    /// What an object needs and how large that is, if this store has been opened and has it.
    pub(crate) fn closure_sizes(&self, path: &StorePath) -> Option<nix_store::Sizes> {
        self.store.get()?.closure_sizes(path).ok()
    }

    /// Why the store could not be opened when an object was to be added: the true reason behind the failure of whatever
    /// wanted to add it.
    pub(crate) fn refusal(&self) -> Option<nix_store::Error> {
        if self.refused.get() { open(&self.root).err() } else { None }
    }
}

impl Drop for LazyStore {
    fn drop(&mut self) {
        if let Some(store) = self.store.take()
            && let Err(error) = store.discard()
        {
            // It is garbage that the next collection removes.
            tracing::info!(%error, "what was not committed stays in the store");
        }
    }
}

fn open(root: &Path) -> Result<EmbeddedStore> {
    EmbeddedStore::open(root, &OpenOptions::default())
}

/// `path` as the file system will spell it once it exists: the part that exists without symbolic links, then the rest.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    let real = path.ancestors().find_map(|ancestor| {
        let rest = path.strip_prefix(ancestor).ok()?;
        let plain = rest.components().all(|component| matches!(component, Component::Normal(_)));
        plain.then(|| Some(ancestor.canonicalize().ok()?.join(rest))).flatten()
    });
    real.unwrap_or_else(|| path.to_owned()).components().collect()
}

impl Store for LazyStore {
    fn store_dir(&self) -> &StoreDir {
        &self.dir
    }

    fn add_text(&self, name: &str, contents: &[u8], references: &BTreeSet<StorePath>) -> Result<StorePath> {
        self.opened()?.add_text(name, contents, references)
    }

    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath> {
        self.opened()?.add_flat(name, contents)
    }

    fn add_tree(&self, name: &str, tree: &Tree, references: &BTreeSet<StorePath>) -> Result<StorePath> {
        self.opened()?.add_tree(name, tree, references)
    }

    fn add_path_from_fs(
        &self,
        name: &str,
        source: &Path,
        filter: Option<&mut Filter<'_>>,
    ) -> Result<StorePath> {
        self.opened()?.add_path_from_fs(name, source, filter)
    }

    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath> {
        self.opened()?.add_derivation(derivation)
    }

    fn add_valid(&self, info: &ObjectInfo, archive: &mut dyn Read) -> Result<()> {
        self.opened()?.add_valid(info, archive)
    }

    fn is_valid(&self, path: &StorePath) -> Result<bool> {
        self.store.get().map_or(Ok(false), |store| store.is_valid(path))
    }

    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>> {
        match self.store.get() {
            Some(store) => store.references(path),
            None => Err(nix_store::Error::NotValid(path.clone())),
        }
    }

    fn is_content_addressed(&self, path: &StorePath) -> Result<bool> {
        match self.store.get() {
            Some(store) => store.is_content_addressed(path),
            None => Err(nix_store::Error::NotValid(path.clone())),
        }
    }

    fn commit(&self) -> Result<()> {
        self.store.get().map_or(Ok(()), Store::commit)
    }

    fn add_indirect_root(&self, link: &Path) -> Result<()> {
        self.opened()?.add_indirect_root(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_created_until_something_is_added() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", home.path().join("link")).unwrap();
        let root = home.path().join("link/hm/nix");
        let store = LazyStore::at(root.clone()).unwrap();
        let real = home.path().canonicalize().unwrap().join("real/hm/nix/store");
        assert_eq!(store.store_dir().to_string(), real.to_str().unwrap());
        assert!(store.commit().is_ok() && !root.exists());

        let path = store.add_text("x", b"text", &BTreeSet::new()).unwrap();
        store.commit().unwrap();
        assert!(real.join(path.base_name()).exists());
        assert_eq!(LazyStore::at(root).unwrap().store_dir(), store.store_dir());
    }

    #[test]
    fn what_is_not_committed_is_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().canonicalize().unwrap().join("hm/nix");
        let add = |text: &str| {
            let store = LazyStore::at(root.clone()).unwrap();
            let path = store.add_text("x", text.as_bytes(), &BTreeSet::new()).unwrap();
            (store, root.join("store").join(path.base_name()))
        };
        let (store, path) = add("first");
        assert!(path.exists());
        drop(store);
        assert!(!root.parent().unwrap().exists(), "the store was not there before");

        let (store, first) = add("first");
        store.commit().unwrap();
        drop(store);
        let (store, second) = add("second");
        assert!(second.exists());
        drop(store);
        assert!(first.exists() && !second.exists());
    }

    #[test]
    fn a_place_that_cannot_hold_a_store() {
        let home = tempfile::tempdir().unwrap();
        let store = LazyStore::at(home.path().join("a b"));
        let error = match store {
            Err(error) => error,
            Ok(store) => {
                store.add_text("x", b"", &BTreeSet::new()).unwrap_err();
                store.refusal().unwrap()
            }
        };
        assert!(error.to_string().contains("contains the character ' '"), "{error}");
        assert!(!home.path().join("a b").exists());
    }
}
