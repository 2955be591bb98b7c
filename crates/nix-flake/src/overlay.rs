//! Where the contents of store objects lie that are only computed with.
//!
//! An evaluation that writes to no store still reads the trees it fetched, under the store paths they would have. This maps
//! such paths to the fetchers' cache.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use nix_formats::{StoreDir, StorePath};

/// Real places of store objects that are in no store.
#[derive(Debug)]
pub struct Overlay {
    store: PathBuf,
    places: RefCell<HashMap<OsString, PathBuf>>,
}

impl Overlay {
    /// An empty one for the store at `store`.
    pub fn new(store: &StoreDir) -> Self {
        Overlay { store: PathBuf::from(store.as_str()), places: RefCell::default() }
    }

    /// Makes reads of `object` go to `place`.
    pub(crate) fn insert(&self, object: &StorePath, place: PathBuf) {
        self.places.borrow_mut().insert(object.base_name().into(), place);
    }

    /// Whether reads of `object` are redirected.
    pub fn contains(&self, object: &StorePath) -> bool {
        self.places.borrow().contains_key(&OsString::from(object.base_name()))
    }

    /// The path to read in place of `path`.
    pub fn resolve<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let places = self.places.borrow();
        if places.is_empty() {
            return Cow::Borrowed(path);
        }
        let redirected = path.strip_prefix(&self.store).ok().and_then(|rest| {
            let mut components = rest.components();
            let place = places.get(components.next()?.as_os_str())?;
            let inner = components.as_path();
            // Joining an empty path would ask for a directory.
            Some(if inner.as_os_str().is_empty() { place.clone() } else { place.join(inner) })
        });
        redirected.map_or(Cow::Borrowed(path), Cow::Owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_known_objects_are_redirected() {
        let dir = StoreDir::default();
        let overlay = Overlay::new(&dir);
        let object = StorePath::from_base_name("00000000000000000000000000000000-source").unwrap();
        let resolve = |path: &str| overlay.resolve(Path::new(path)).into_owned();
        let base = "/nix/store/00000000000000000000000000000000-source";
        assert_eq!(resolve(base), Path::new(base));
        overlay.insert(&object, PathBuf::from("/cache/t"));
        assert!(overlay.contains(&object));
        assert_eq!(resolve(base).as_os_str(), "/cache/t");
        assert_eq!(resolve(&format!("{base}/a/b")), Path::new("/cache/t/a/b"));
        assert_eq!(resolve(&format!("{base}x/a")), PathBuf::from(format!("{base}x/a")));
        assert_eq!(resolve("/etc"), Path::new("/etc"));
    }
}
