//! The closures of generations, as far as a database knows them.

use std::path::{Path, PathBuf};

use hm_generation::Generation;
use hm_generation::diff::{Closure, Object};
use nix_formats::StorePath;
use nix_store::Sizes;

use crate::store::LazyStore;

/// The closure of a generation that some store has registered. None where no database knows it: not to know a size is no
/// reason not to tell everything else.
pub(crate) fn registered(generation: &Generation) -> Option<Closure> {
    match nix_store::closure_sizes(&generation.path) {
        Ok(sizes) => Some(closure(generation, sizes?)),
        Err(error) => {
            tracing::info!(%error, "the closure is not known");
            None
        }
    }
}

/// The closure of a generation whose objects may still wait for the commit.
pub(crate) fn pending(store: &LazyStore, generation: &Generation) -> Option<Closure> {
    let name = generation.path.file_name()?.to_str()?;
    let path = StorePath::from_base_name(name.as_bytes()).ok()?;
    match store.closure_sizes(&path) {
        Some(sizes) if sizes.keys().any(|object| Path::new(object) == generation.path) => {
            Some(closure(generation, sizes))
        }
        _ => registered(generation),
    }
}

/// What a generation has of its own, which differs as soon as a line is moved in the configuration.
pub(super) fn own(generation: &Generation) -> [PathBuf; 3] {
    let manifest = &generation.manifest;
    let real = |path: &str| Path::new(path).canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    [generation.path.clone(), real(&manifest.home_files), real(&manifest.home_path)]
}

fn closure(generation: &Generation, sizes: Sizes) -> Closure {
    let own = own(generation);
    let object = |(path, size): (String, u64)| {
        let is_file = || Path::new(&path).symlink_metadata().is_ok_and(|found| found.is_file());
        let package = !own.iter().any(|own| *own == Path::new(&path)) && !is_file();
        (path, Object { size, package })
    };
    Closure { objects: sizes.into_iter().map(object).collect() }
}
