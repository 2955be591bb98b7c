//! What every store can do.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use nix_formats::nar::Tree;
use nix_formats::{ObjectInfo, StoreDir, StorePath, WrittenDerivation};

use crate::Result;

/// The kind of a file in a source tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
}

/// Decides for each file below a source, by its path and kind, whether it is taken; `None` gives up the whole
/// addition with [`Error::FilterAborted`](crate::Error::FilterAborted). A directory is asked about before its
/// entries, and what it holds only when it is taken.
pub type Filter<'a> = dyn FnMut(&Path, FileKind) -> Option<bool> + 'a;

/// A store that objects can be added to.
///
/// The path of an object follows from its contents alone, but for those that [`Store::add_valid`] copies from elsewhere, and
/// is known when the adding call returns. The object itself may be relied upon, and survives the process, only after [`Store::commit`].
///
/// Whatever an object refers to must have been added before, or be in the store.
pub trait Store {
    /// The directory below which the objects lie.
    fn store_dir(&self) -> &StoreDir;

    /// Adds a text file, as `builtins.toFile` does.
    fn add_text(&self, name: &str, contents: &[u8], references: &BTreeSet<StorePath>) -> Result<StorePath>;

    /// Adds a regular file, not executable and without references, that is known by the SHA-256 of its contents, as
    /// `builtins.path` does when it is not recursive.
    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath>;

    /// Adds a file tree as a source object (recursive SHA-256), which may refer to others.
    fn add_tree(&self, name: &str, tree: &Tree, references: &BTreeSet<StorePath>) -> Result<StorePath>;

    /// Adds the file, symbolic link or directory at `source` as a source object without references, as
    /// `builtins.path` does. The filter is not asked about `source` itself.
    fn add_path_from_fs(
        &self,
        name: &str,
        source: &Path,
        filter: Option<&mut Filter<'_>>,
    ) -> Result<StorePath>;

    /// Adds a derivation.
    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath>;

    /// Adds an object under the path that it has elsewhere, with all that is known of it. Its archive (NAR) is read, unless
    /// the object is there already, and refused when it has not the hash, size and content address that it should have.
    ///
    /// Whether the object may be believed to be the one of this path, when it is known by its inputs and not by its
    /// contents, is for the caller to know.
    fn add_valid(&self, info: &ObjectInfo, archive: &mut dyn Read) -> Result<()>;

    /// Whether the object is in the store, or was added and waits for the commit.
    fn is_valid(&self, path: &StorePath) -> Result<bool>;

    /// The objects that `path` refers to directly.
    ///
    /// # Errors
    /// [`Error::NotValid`](crate::Error::NotValid).
    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>>;

    /// Whether the path of `path` follows from its contents.
    ///
    /// # Errors
    /// [`Error::NotValid`](crate::Error::NotValid).
    fn is_content_addressed(&self, path: &StorePath) -> Result<bool>;

    /// Makes everything added so far durable and registers it, all or nothing.
    fn commit(&self) -> Result<()>;

    /// Makes the symbolic link at `link`, as long as it exists, keep from garbage collection what it points
    /// to. `link` is absolute; it may be created afterwards.
    fn add_indirect_root(&self, link: &Path) -> Result<()>;

    /// The objects that the given ones refer to directly and indirectly, themselves included.
    ///
    /// # Errors
    /// [`Error::NotValid`](crate::Error::NotValid).
    fn closure(&self, paths: &BTreeSet<StorePath>) -> Result<BTreeSet<StorePath>> {
        let mut closure = paths.clone();
        let mut open: Vec<StorePath> = paths.iter().cloned().collect();
        while let Some(path) = open.pop() {
            for reference in self.references(&path)? {
                if closure.insert(reference.clone()) {
                    open.push(reference);
                }
            }
        }
        Ok(closure)
    }
}
