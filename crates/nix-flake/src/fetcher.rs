//! The fetchers together: which one an input is for, and the way of what it gets into the store.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use nix_eval::host::{self, ClosureRequest, FetchedClosure, FetchedTree, FileRequest, HostError};
use nix_formats::flake_ref::Scheme;
use nix_formats::input::attrs_to_json;
use nix_formats::{FileIngestion, Hash, HashAlgo, HashFormat, InputAttrs, Registry, StorePath};
use nix_store::Store;

use crate::cache::{Cache, CachedTree};
use crate::closure::Copied;
use crate::config::Config;
use crate::error::{Context, Error, Result};
use crate::http::Client;
use crate::input::{Input, flag};
use crate::overlay::Overlay;
use crate::program::Programs;
use crate::reliance::Reliance;
use crate::tarball::Tarball;
use crate::workshop::Workshop;

/// Fetches into a store, or where the store is only computed with, into the cache.
pub struct Fetcher<'s> {
    pub(crate) store: &'s dyn Store,
    pub(crate) config: Config,
    pub(crate) cache: Cache,
    pub(crate) client: Client,
    pub(crate) programs: Programs,
    overlay: Option<Overlay>,
    warn: &'s dyn Fn(&str),
    /// Trees that are needed until the evaluation is over, and no longer.
    held: RefCell<Vec<Workshop>>,
    /// What was fetched by this evaluation: an input means the same all through it.
    fetched: RefCell<HashMap<String, FetchedTree>>,
    /// What is known of the objects that lie only in the overlay.
    pub(crate) copied: RefCell<HashMap<StorePath, Copied>>,
}

impl<'s> Fetcher<'s> {
    /// Fetches into `store`; what a user should know of goes to `warn`.
    pub fn new(store: &'s dyn Store, config: Config, warn: &'s dyn Fn(&str)) -> Self {
        Fetcher {
            cache: Cache::new(config.cache.clone(), config.ttl),
            client: Client::new(&config),
            programs: Programs::new(config.environment.clone(), config.directory.clone()),
            overlay: None,
            held: RefCell::default(),
            fetched: RefCell::default(),
            copied: RefCell::default(),
            store,
            config,
            warn,
        }
    }

    /// With `computed`, nothing is added to the store, whose paths are only computed with: [`Fetcher::overlay`] tells
    /// where the objects' contents are.
    pub fn computed(mut self, computed: bool) -> Self {
        self.overlay = computed.then(|| Overlay::new(self.store.store_dir()));
        self
    }

    /// Where to read what was fetched, if the store is only computed with.
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }

    /// What the answers so far rely on.
    pub fn reliance(&self) -> Reliance {
        self.cache.notes.so_far()
    }

    pub(crate) fn warn(&self, text: &str) {
        // It is said again when it is true again.
        self.cache.notes.untold("a fetcher had something to warn of");
        (self.warn)(text);
    }

    /// Says that a checkout has changes that are not committed, as the settings want it.
    pub(crate) fn note_dirty(&self, message: &str) -> Result<()> {
        if !self.config.allow_dirty {
            return Err(Error::BadInput(message.to_owned()));
        }
        if self.config.warn_dirty {
            self.warn(message);
        }
        Ok(())
    }

    /// Keeps a directory until the fetchers are dropped.
    pub(crate) fn hold(&self, directory: Workshop) {
        self.held.borrow_mut().push(directory);
    }

    /// Whether the object can be read now.
    pub(crate) fn has(&self, path: &StorePath) -> Result<bool> {
        if self.store.is_valid(path)? {
            return Ok(true);
        }
        let Some(overlay) = &self.overlay else { return Ok(false) };
        Ok(overlay.contains(path) || Path::new(&self.store.store_dir().join(path)).symlink_metadata().is_ok())
    }

    pub(crate) fn object(&self, name: &str, how: FileIngestion, hash: &Hash) -> Result<StorePath> {
        Ok(self.store.store_dir().make_fixed_output_path(name, how, hash, &BTreeSet::new(), false)?)
    }

    /// Makes a tree a store object.
    pub(crate) fn store_tree(&self, name: &str, tree: &CachedTree) -> Result<StorePath> {
        let path = self.object(name, FileIngestion::Recursive, &tree.nar_hash)?;
        if let Some(overlay) = &self.overlay {
            overlay.insert(&path, tree.path.clone());
            return Ok(path);
        }
        if self.store.is_valid(&path)? {
            return Ok(path);
        }
        Ok(self.store.add_path_from_fs(name, &tree.path, None)?)
    }

    fn fetch_file(&self, request: &FileRequest<'_>) -> Result<StorePath> {
        let FileRequest { url, name, unpack, expected } = *request;
        let how = if unpack { FileIngestion::Recursive } else { FileIngestion::Flat };
        if let Some(hash) = expected.filter(|hash| hash.algo() == HashAlgo::Sha256) {
            let path = self.object(name, how, &hash)?;
            if self.has(&path)? {
                return Ok(path);
            }
            if unpack && let Some(tree) = self.cache.tree(&hash) {
                return self.store_tree(name, &tree);
            }
            if !unpack && self.cache.file(&hash).is_some() {
                return self.store_file(name, &hash);
            }
        }
        let mismatch = |expected: &Hash, found: &Hash| Error::FileHashMismatch {
            url: url.to_owned(),
            expected: expected.prefixed(HashFormat::Nix32),
            found: found.prefixed(HashFormat::Nix32),
        };
        if unpack {
            let Tarball { tree, .. } = self.download_tarball(url, &[])?;
            return match expected.filter(|hash| *hash != tree.nar_hash) {
                Some(hash) => Err(mismatch(&hash, &tree.nar_hash)),
                None => self.store_tree(name, &tree),
            };
        }
        let found = self.download(url, &[])?;
        match expected.filter(|hash| *hash != found) {
            Some(hash) => Err(mismatch(&hash, &found)),
            None => self.store_file(name, &found),
        }
    }

    /// Makes a file of the cache a store object that is known by the file's own hash.
    fn store_file(&self, name: &str, hash: &Hash) -> Result<StorePath> {
        let path = self.object(name, FileIngestion::Flat, hash)?;
        let file = self.cache.file(hash).unwrap_or_default();
        if let Some(overlay) = &self.overlay {
            overlay.insert(&path, file);
            return Ok(path);
        }
        if self.store.is_valid(&path)? {
            return Ok(path);
        }
        let contents = std::fs::read(&file).context("opening file", &file)?;
        Ok(self.store.add_flat(name, &contents)?)
    }

    /// The registry that everybody shares. One that cannot be read is told of and passed over, as Nix does.
    fn global_registry(&self) -> Result<Registry> {
        let url = self.config.flake_registry.as_str();
        if url.is_empty() {
            return Ok(Registry::default());
        }
        let path = self.cache.file(&self.download(url, &[])?).unwrap_or_default();
        let text = std::fs::read_to_string(&path).context("opening file", &path)?;
        Ok(Registry::parse(&text, url).unwrap_or_else(|error| {
            self.warn(&format!("cannot read flake registry '{url}': {error}"));
            Registry::default()
        }))
    }

    /// Fetches an input and makes it a store object.
    pub(crate) fn fetch_input(&self, input: Input) -> Result<FetchedTree> {
        let key = attrs_to_json(&input.attrs);
        let known = self.fetched.borrow().get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let fetched = self.fetch_anew(&input)?;
        self.fetched.borrow_mut().insert(key, fetched.clone());
        Ok(fetched)
    }

    fn fetch_anew(&self, input: &Input) -> Result<FetchedTree> {
        // What is complete and known by its hash need not be looked for where it came from.
        if input.is_final()?
            && let Some(hash) = input.nar_hash()?
        {
            let name = input.name()?;
            let path = self.object(name, FileIngestion::Recursive, &hash)?;
            let locked = input.attrs.clone();
            if self.has(&path)? {
                return Ok(FetchedTree { path, locked, counts_revisions: false });
            }
            if let Some(tree) = self.cache.tree(&hash) {
                let path = self.store_tree(name, &tree)?;
                return Ok(FetchedTree { path, locked, counts_revisions: false });
            }
        }
        input.nar_hash()?;
        let (tree, mut found) = self.tree_of(input.clone())?;
        let given = found.nar_hash()?.filter(|hash| *hash != tree.nar_hash);
        if let Some(expected) = given {
            return Err(Error::HashMismatch {
                input: input.shown(),
                expected: expected.to_sri(),
                found: tree.nar_hash.to_sri(),
            });
        }
        found.set_string("narHash", &tree.nar_hash.to_sri());
        input.check_found(&mut found)?;
        let counts = found.scheme == Some(Scheme::Git)
            && found.rev()?.is_some()
            && !flag(&found.attrs, "shallow")?
            && !found.attrs.contains_key("revCount");
        let path = self.store_tree(input.name()?, &tree)?;
        Ok(FetchedTree { path, locked: found.attrs, counts_revisions: counts && !input.is_final()? })
    }

    /// Where the contents of an input are, and the input with what is known of it now.
    fn tree_of(&self, input: Input) -> Result<(CachedTree, Input)> {
        match input.scheme {
            None => Err(Error::UnknownType(attrs_to_json(&input.attrs))),
            Some(Scheme::File) => self.file(input),
            Some(Scheme::Tarball) => self.tarball(input),
            Some(Scheme::Path) => self.path(input),
            Some(Scheme::Git) => self.git(input),
            Some(Scheme::Mercurial) => self.mercurial(input),
            Some(Scheme::Forge(forge)) => self.forge(forge, input),
            Some(Scheme::Indirect) => {
                Err(Error::BadInput(format!("indirect input '{}' cannot be fetched directly", input.shown())))
            }
        }
    }
}

impl Fetcher<'_> {
    /// What could not be fetched may be had the next time.
    fn noted<T>(&self, answer: Result<T>) -> Result<T, HostError> {
        if answer.is_err() {
            self.cache.notes.untold("something could not be fetched");
        }
        Ok(answer?)
    }
}

impl host::Fetcher for Fetcher<'_> {
    fn global_registry(&self) -> Result<Registry, HostError> {
        self.noted(Fetcher::global_registry(self))
    }

    fn fetch_file(&self, request: &FileRequest<'_>) -> Result<StorePath, HostError> {
        self.noted(Fetcher::fetch_file(self, request))
    }

    fn fetch_tree(&self, input: &InputAttrs) -> Result<FetchedTree, HostError> {
        self.noted(Input::from_attrs(input.clone()).and_then(|input| self.fetch_input(input)))
    }

    fn rev_count(&self, locked: &InputAttrs) -> Result<u64, HostError> {
        self.noted(Input::from_attrs(locked.clone()).and_then(|input| self.git_rev_count(&input)))
    }

    fn fetch_closure(&self, request: &ClosureRequest<'_>) -> Result<FetchedClosure, HostError> {
        self.cache.notes.untold("what binary caches have was asked for");
        self.noted(self.closure(request))
    }
}
