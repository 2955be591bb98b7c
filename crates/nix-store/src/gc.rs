//! Collecting garbage: deleting what no root refers to, by Nix's rules and under Nix's locks.
//!
//! What is dead is made invalid in one transaction before any file is deleted, so that a collection that is
//! interrupted leaves garbage without registration, never a registered object that is damaged.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix_formats::StorePath;

use crate::embedded::{EmbeddedStore, reserve_space};
use crate::error::{Context, Error};
use crate::lock::{LockFile, Mode, try_lock};
use crate::object::{delete, disk_usage};
use crate::{roots, runtime_roots, temp_roots};

/// What a collection deleted, or would delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// The full paths of objects, and of remains of interrupted processes, sorted.
    pub deleted: Vec<PathBuf>,
    /// The space that they took, in bytes.
    pub bytes: u64,
}

impl EmbeddedStore {
    /// Deletes everything that is in the store and not in use: not reachable from `gcroots`, from profiles,
    /// from what running processes have recorded, or from what they have open. With `dry_run` nothing is
    /// changed.
    ///
    /// What this very store has added or looked up for adding since it was opened counts as in use.
    ///
    /// # Errors
    /// [`Error::Uncommitted`] when objects wait for a commit; [`Error::Locked`] when other processes use the
    /// store for too long; [`Error::Database`], [`Error::Io`].
    pub fn collect_garbage(&self, dry_run: bool) -> Result<GcReport, Error> {
        self.collect_garbage_keeping(&BTreeSet::new(), dry_run)
    }

    /// As [`Self::collect_garbage`], but the objects `keep`, and what they refer to, count as in use as well.
    ///
    /// # Errors
    /// As for [`Self::collect_garbage`].
    pub fn collect_garbage_keeping(
        &self,
        keep: &BTreeSet<StorePath>,
        dry_run: bool,
    ) -> Result<GcReport, Error> {
        if self.pending() != 0 {
            return Err(Error::Uncommitted);
        }
        if !dry_run {
            // On a full disk this makes room for the transaction.
            delete(&self.layout.reserved())?;
        }
        let gc_lock = LockFile::open(self.layout.gc_lock())?;
        let _exclusive = gc_lock.lock(Mode::Exclusive, self.options.lock_timeout)?;
        let temporary: BTreeSet<StorePath> =
            temp_roots::read_all(&self.layout, &self.dir, dry_run)?.into_iter().collect();
        let mut roots = roots::find(&self.layout, &self.dir, dry_run)?;
        roots.extend(runtime_roots::find(&self.dir));
        roots.extend(temporary.iter().cloned());
        roots.extend(keep.iter().cloned());

        let (live, dead) = self.partition(&roots)?;
        if !dry_run {
            self.database.borrow_mut().invalidate(&dead)?;
        }
        let mut report = GcReport::default();
        self.sweep(&live, &temporary, dry_run, &mut report)?;
        if !dry_run {
            self.sweep_links()?;
            reserve_space(&self.layout);
        }
        report.deleted.sort();
        Ok(report)
    }

    /// The base names of the valid objects that are in use, and the ids of the others.
    fn partition(&self, roots: &BTreeSet<StorePath>) -> Result<(HashSet<String>, Vec<i64>), Error> {
        let database = self.database.borrow();
        let rows = database.rows()?;
        let ids: HashMap<&str, i64> = rows.iter().map(|row| (row.path.as_str(), row.id)).collect();
        let mut edges: HashMap<i64, Vec<i64>> = HashMap::new();
        for (referrer, reference) in database.all_references()? {
            edges.entry(referrer).or_default().push(reference);
        }
        // As with Nix's `keep-derivations`, its default, an object keeps the derivation that made it.
        for row in &rows {
            if let Some(deriver) = row.deriver.as_deref().and_then(|deriver| ids.get(deriver)) {
                edges.entry(row.id).or_default().push(*deriver);
            }
        }
        let mut open: Vec<i64> =
            roots.iter().filter_map(|root| ids.get(self.dir.join(root).as_str()).copied()).collect();
        let mut live: HashSet<i64> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            for &reference in edges.get(&id).into_iter().flatten() {
                if live.insert(reference) {
                    open.push(reference);
                }
            }
        }
        let base_name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let names =
            rows.iter().filter(|row| live.contains(&row.id)).map(|row| base_name(&row.path)).collect();
        let dead = rows.iter().map(|row| row.id).filter(|id| !live.contains(id)).collect();
        Ok((names, dead))
    }

    /// Deletes every entry of the store directory that is not in use.
    fn sweep(
        &self,
        live: &HashSet<String>,
        temporary: &BTreeSet<StorePath>,
        dry_run: bool,
        report: &mut GcReport,
    ) -> Result<(), Error> {
        // Lock files and the like of an object in the making carry its hash part.
        let in_making: HashSet<[u8; 20]> = temporary.iter().map(|path| *path.hash()).collect();
        let store = &self.layout.store;
        for entry in fs::read_dir(store).context("read the directory", store)? {
            let entry = entry.context("read the directory", store)?;
            let (name, path) = (entry.file_name(), entry.path());
            let in_use = path == self.layout.links()
                || name.to_str().is_some_and(|name| live.contains(name))
                || StorePath::from_base_name(name.as_bytes())
                    .is_ok_and(|object| in_making.contains(object.hash()))
                || name.as_bytes().starts_with(b"tmp-") && is_locked(&path)?;
            if in_use {
                continue;
            }
            report.bytes += disk_usage(&path)?;
            if !dry_run {
                delete(&path)?;
            }
            report.deleted.push(path);
        }
        Ok(())
    }

    /// Deletes the files in `.links` that no object shares any more.
    fn sweep_links(&self) -> Result<(), Error> {
        let links = self.layout.links();
        for entry in fs::read_dir(&links).context("read the directory", &links)? {
            let path = entry.context("read the directory", &links)?.path();
            if path.symlink_metadata().context("examine", &path)?.nlink() == 1 {
                delete(&path)?;
            }
        }
        Ok(())
    }
}

fn is_locked(path: &Path) -> Result<bool, Error> {
    match File::open(path) {
        Ok(dir) => Ok(!try_lock(&dir, Mode::Exclusive).context("lock", path)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).context("open", path),
    }
}
