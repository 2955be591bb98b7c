//! `fetchClosure`: store objects from a binary cache, with everything that they refer to.
//!
//! An object that is known by its contents is taken from anybody, since its path proves it. One that is known by its inputs
//! is taken only when a trusted key vouches for it, or when nobody has to; or it is rewritten to one that is known by its
//! contents, which the program names.

mod cache;
mod rewrite;

use std::collections::BTreeSet;
use std::io::Read;

use nix_eval::host::{ClosureRequest, FetchedClosure};
use nix_formats::content_address::ContentAddressMethod;
use nix_formats::nar::{TreeVisitor, read_verified};
use nix_formats::signature::SecretKey;
use nix_formats::{FileIngestion, ObjectInfo, PublicKeys, StorePath};

use crate::builder::TreeBuilder;
use crate::cache::CachedTree;
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use cache::BinaryCache;

/// What is known of an object that was copied into the overlay, which knows nothing itself.
#[derive(Debug)]
pub(crate) struct Copied {
    references: BTreeSet<StorePath>,
    content_addressed: bool,
}

impl Fetcher<'_> {
    pub(crate) fn closure(&self, request: &ClosureRequest<'_>) -> Result<FetchedClosure> {
        let from = request.from_path;
        let path = match request.to_path {
            Some(to) => self.rewritten(request, to)?,
            None => {
                if !self.has(from)? {
                    self.copy(&BinaryCache::open(self, request.from_store)?, from)?;
                }
                self.check_kind(from, request.input_addressed)?;
                from.clone()
            }
        };
        Ok(FetchedClosure { closure: self.closure_of(&path)?, path })
    }

    /// The object that `from_path` becomes when all its closure is known by its contents, which must be `to`.
    fn rewritten(&self, request: &ClosureRequest<'_>, to: Option<&StorePath>) -> Result<StorePath> {
        let full = |path: &StorePath| self.store.store_dir().join(path);
        if let Some(to) = to
            && self.has(to)?
        {
            if self.is_content_addressed(to)? == Some(false) {
                return Err(Error::Closure(format!(
                    "The 'toPath' value '{}' is input-addressed, so it can't possibly be the result of rewriting to a content-addressed path.\n\n\
                     Set 'toPath' to an empty string to make Nix report the correct content-addressed path.",
                    full(to)
                )));
            }
            return Ok(to.clone());
        }
        let cache = BinaryCache::open(self, request.from_store)?;
        let make = |choose| self.make_content_addressed(&cache, request.from_path, to.is_some(), choose);
        let found = make(|hashes| hashes.zeroed)?;
        // The path may also be the one that another version of Nix gives.
        if let Some(to) = to.filter(|to| **to != found)
            && make(|hashes| hashes.placed)? == *to
        {
            return Ok(to.clone());
        }
        let rewriting = format!(
            "rewriting '{}' to content-addressed form yielded '{}'",
            full(request.from_path),
            full(&found)
        );
        match to {
            Some(to) if *to == found => Ok(found),
            Some(to) => Err(Error::Closure(format!("{rewriting}, while '{}' was expected", full(to)))),
            None => Err(Error::Closure(format!(
                "{rewriting}\nUse this value for the 'toPath' attribute passed to 'fetchClosure'"
            ))),
        }
    }

    /// Whether an object that is there is of the kind that was asked for.
    fn check_kind(&self, path: &StorePath, input_addressed: bool) -> Result<()> {
        let full = self.store.store_dir().join(path);
        match (self.is_content_addressed(path)?, input_addressed) {
            (Some(false), false) => Err(Error::Closure(format!(
                "The 'fromPath' value '{full}' is input-addressed, but 'inputAddressed' is set to 'false' (default).\n\n\
                 If you do intend to fetch an input-addressed store path, add\n\n    inputAddressed = true;\n\n\
                 to the 'fetchClosure' arguments.\n\n\
                 Note that to ensure authenticity input-addressed store paths, users must configure a trusted binary \
                 cache public key on their systems. This is not needed for content-addressed paths."
            ))),
            (Some(true), true) => Err(Error::Closure(format!(
                "The store object referred to by 'fromPath' at '{full}' is not input-addressed, but 'inputAddressed' is set to 'true'.\n\n\
                 Remove the 'inputAddressed' attribute (it defaults to 'false') to expect 'fromPath' to be content-addressed"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether an object that is there is known by its contents; nothing when nobody knows.
    fn is_content_addressed(&self, path: &StorePath) -> Result<Option<bool>> {
        if self.store.is_valid(path)? {
            return Ok(Some(self.store.is_content_addressed(path)?));
        }
        Ok(self.copied.borrow().get(path).map(|copied| copied.content_addressed))
    }

    /// What an object that is there refers to, directly and indirectly, as far as that is known.
    fn closure_of(&self, path: &StorePath) -> Result<BTreeSet<StorePath>> {
        let mut closure = BTreeSet::from([path.clone()]);
        let mut open = vec![path.clone()];
        while let Some(path) = open.pop() {
            let references = if self.store.is_valid(&path)? {
                self.store.references(&path)?
            } else {
                let copied = self.copied.borrow();
                copied.get(&path).map(|copied| copied.references.clone()).unwrap_or_default()
            };
            open.extend(references.into_iter().filter(|reference| closure.insert(reference.clone())));
        }
        Ok(closure)
    }

    /// Copies an object, after everything that it refers to and that is not there.
    fn copy(&self, cache: &BinaryCache<'_>, path: &StorePath) -> Result<()> {
        let dir = self.store.store_dir();
        let mut keys = None;
        for path in cache.sorted(path, |path| self.has(path))? {
            let info = cache.info(&path)?;
            let object = &info.object;
            let proven = object.is_content_addressed(dir);
            if object.content_address.is_some() && !proven {
                self.warn(&format!("path '{}' claims to be content-addressed but isn't", dir.join(&path)));
            }
            if !proven && self.config.require_signatures {
                let keys = match &mut keys {
                    Some(keys) => keys,
                    none => none.insert(self.trusted_keys()?),
                };
                if !object.is_signed(dir, keys)? {
                    return Err(Error::Closure(format!(
                        "cannot add path '{}' because it lacks a signature by a trusted key",
                        dir.join(&path)
                    )));
                }
            }
            self.take(object, || cache.archive(&info))?;
        }
        Ok(())
    }

    fn trusted_keys(&self) -> Result<PublicKeys> {
        let mut keys = PublicKeys::default();
        for key in &self.config.trusted_public_keys {
            keys.add(key)?;
        }
        for file in &self.config.secret_key_files {
            // A file that is for the machine's administrator alone says nothing to others.
            if let Ok(text) = std::fs::read_to_string(file) {
                keys.add_secret(&SecretKey::parse(&text)?);
            }
        }
        Ok(keys)
    }

    /// Adds an object if its archive is what it should be.
    fn take<'a>(
        &self,
        info: &ObjectInfo,
        archive: impl FnOnce() -> Result<Box<dyn Read + 'a>>,
    ) -> Result<()> {
        let dir = self.store.store_dir();
        let Some(overlay) = self.overlay() else {
            return Ok(self.store.add_valid(info, &mut archive()?)?);
        };
        // A tree that was fetched before is known by its hash alone, and so is an object that is addressed by it.
        let by_archive = info.content_address.as_ref().is_none_or(|address| {
            address.method == ContentAddressMethod::Fixed(FileIngestion::Recursive)
                && address.hash == info.nar_hash
        });
        let place = match self.cache.tree(&info.nar_hash).filter(|_| by_archive) {
            Some(CachedTree { path, .. }) => path,
            None => {
                let mut visitor = TreeVisitor::default();
                read_verified(dir, info, archive()?, &mut visitor)?;
                let workshop = self.cache.workshop()?;
                // A file is written as the only member of a directory.
                let root = workshop.path().join("tree");
                std::fs::create_dir(&root).context("creating directory", &root)?;
                let mut builder = TreeBuilder::new(root.clone());
                builder.tree(b"object", &visitor.finish()?)?;
                builder.finish()?;
                self.cache.add_tree(&root.join("object"))?.path
            }
        };
        overlay.insert(&info.path, place);
        let copied =
            Copied { references: info.references.clone(), content_addressed: info.is_content_addressed(dir) };
        self.copied.borrow_mut().insert(info.path.clone(), copied);
        Ok(())
    }
}
