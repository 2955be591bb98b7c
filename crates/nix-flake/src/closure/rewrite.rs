//! Rewriting the closure of an object so that all of it is known by its contents.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};

use nix_formats::content_address::{ContentAddress, ContentAddressMethod};
use nix_formats::nar::{Skip, read_verified};
use nix_formats::rewrite::{ModuloHasher, ModuloHashes, Rewrites};
use nix_formats::{FileIngestion, Hash, HashAlgo, ObjectInfo, StorePath};

use super::cache::BinaryCache;
use crate::error::Result;
use crate::fetcher::Fetcher;

impl Fetcher<'_> {
    /// The object that `path` of the cache becomes, which is added with what it refers to if `add`. `choose` says which
    /// hash counts.
    pub(super) fn make_content_addressed(
        &self,
        cache: &BinaryCache<'_>,
        path: &StorePath,
        add: bool,
        choose: fn(ModuloHashes) -> Hash,
    ) -> Result<StorePath> {
        let mut remapped: HashMap<StorePath, StorePath> = HashMap::new();
        for old in cache.sorted(path, |_| Ok(false))? {
            let (info, archive) = self.rewrite(cache, &old, &remapped, choose)?;
            if add && !self.has(&info.path)? {
                self.take(&info, || Ok(Box::new(archive.as_slice())))?;
            }
            remapped.insert(old, info.path);
        }
        Ok(remapped.remove(path).unwrap_or_else(|| path.clone()))
    }

    /// What one object becomes after all that it refers to.
    fn rewrite(
        &self,
        cache: &BinaryCache<'_>,
        old: &StorePath,
        remapped: &HashMap<StorePath, StorePath>,
        choose: fn(ModuloHashes) -> Hash,
    ) -> Result<(ObjectInfo, Vec<u8>)> {
        let dir = self.store.store_dir();
        let info = cache.info(old)?;
        let mut archive = Vec::new();
        let source = Copying { source: cache.archive(&info)?, copy: &mut archive };
        read_verified(dir, &info.object, source, &mut Skip)?;

        let (mut rewrites, mut references, mut self_reference) =
            (Rewrites::default(), BTreeSet::new(), false);
        for reference in &info.object.references {
            if reference == old {
                self_reference = true;
                continue;
            }
            let new = remapped.get(reference).unwrap_or(reference);
            if new != reference {
                rewrites.path(dir, reference, new);
            }
            references.insert(new.clone());
        }
        rewrites.apply(&mut archive);

        let mut hasher = ModuloHasher::new(HashAlgo::Sha256, old);
        hasher.update(&archive);
        let method = ContentAddressMethod::Fixed(FileIngestion::Recursive);
        let address = ContentAddress { method, hash: choose(hasher.finish()) };
        let new = address.path(dir, old.name(), &references, self_reference)?;
        let mut rewrites = Rewrites::default();
        rewrites.hash_part(old, &new);
        rewrites.apply(&mut archive);
        let nar = (HashAlgo::Sha256.digest(&archive), info.object.nar_size);
        let info = ObjectInfo::content_addressed(dir, old.name(), address, references, self_reference, nar)?;
        Ok((info, archive))
    }
}

/// Keeps what is read.
struct Copying<'c> {
    source: Box<dyn Read>,
    copy: &'c mut Vec<u8>,
}

impl Read for Copying<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.source.read(buffer)?;
        self.copy.extend_from_slice(buffer.get(..len).unwrap_or_default());
        Ok(len)
    }
}
