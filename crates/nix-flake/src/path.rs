//! Path inputs: files and directories of the machine, all that is in them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix_eval::strings::{bytes_of, path_of};
use nix_formats::InputValue;

use crate::cache::CachedTree;
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::input::{Input, string};

impl Fetcher<'_> {
    /// What is at a path, where it is: it is copied when it becomes a store object.
    pub(crate) fn path(&self, mut input: Input) -> Result<(CachedTree, Input)> {
        let given = PathBuf::from(string(&input.attrs, "path")?);
        if !given.is_absolute() {
            let message = format!("cannot fetch input '{}' because it uses a relative path", input.shown());
            return Err(Error::BadInput(message));
        }
        let path = path_of(&nix_syntax::lower::canonical_path(b"/", bytes_of(&given)));
        let path = match self.overlay() {
            Some(overlay) => overlay.resolve(&path).into_owned(),
            None => path,
        };
        if path.symlink_metadata().is_err() {
            return Err(Error::BadInput(format!("path '{}' does not exist", path.display())));
        }
        self.cache.notes.local(&path);
        // The times of store objects say nothing.
        let in_store = self
            .store
            .store_dir()
            .parse(given.to_string_lossy().as_bytes())
            .is_ok_and(|object| object.name() == "source" && self.has(&object).unwrap_or(false));
        if input.last_modified()?.is_none() {
            let time = if in_store { 0 } else { newest(&path)? };
            input.set("lastModified", InputValue::Int(time));
        }
        let (nar_hash, _) = nix_store::nar_hash(&path)?;
        Ok((CachedTree { path, nar_hash }, input))
    }
}

/// The latest time of change of anything at or below `path`, in seconds since the epoch.
fn newest(path: &Path) -> Result<u64> {
    let metadata = path.symlink_metadata().context("getting status of", path)?;
    let mut latest = u64::try_from(metadata.mtime()).unwrap_or(0);
    if metadata.is_dir() {
        for entry in fs::read_dir(path).context("reading directory", path)? {
            latest = latest.max(newest(&entry.context("reading directory", path)?.path())?);
        }
    }
    Ok(latest)
}
