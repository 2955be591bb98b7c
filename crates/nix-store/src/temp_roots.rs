//! Temporary roots: what a running process uses, so that no garbage collector deletes it.
//!
//! Each process has a file in `temproots`, locked as long as it lives, with the full store paths that it
//! uses, each ended by a zero byte. A collector takes the exclusive lock on `gc.lock` before it reads these
//! files; a path is recorded under the shared lock, so that it is recorded either before a collection or
//! after it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix_formats::{StoreDir, StorePath};

use crate::error::{Context, Error};
use crate::layout::Layout;
use crate::lock::{LockFile, Mode, try_lock};

#[derive(Debug)]
pub(crate) struct TempRoots {
    dir: PathBuf,
    gc_lock: LockFile,
    timeout: Duration,
    own: RefCell<Option<LockFile>>,
}

impl TempRoots {
    pub(crate) fn new(layout: &Layout, timeout: Duration) -> Result<Self, Error> {
        Ok(Self {
            dir: layout.temp_roots(),
            gc_lock: LockFile::open(layout.gc_lock())?,
            timeout,
            own: RefCell::new(None),
        })
    }

    /// The paths that other living processes have recorded. The caller holds the exclusive lock.
    pub(crate) fn of_others(&self, layout: &Layout, dir: &StoreDir) -> Result<BTreeSet<StorePath>, Error> {
        let own = self.own.borrow();
        let own = own.as_ref().map(LockFile::path);
        Ok(read(layout, dir, true, own)?.into_iter().collect())
    }

    /// Keeps `path` from being collected until this is dropped, whether it exists yet or not.
    ///
    /// What was known of the path before says nothing any more: a collection may have come in between.
    pub(crate) fn add(&self, dir: &StoreDir, path: &StorePath) -> Result<(), Error> {
        let mut own = self.own.borrow_mut();
        let own = match &mut *own {
            Some(own) => own,
            empty => empty.insert(create(&self.dir)?),
        };
        let mut record = dir.join(path).into_bytes();
        record.push(0);
        let _shared = self.gc_lock.lock(Mode::Shared, self.timeout)?;
        own.file().write_all(&record).context("write", own.path())
    }
}

impl Drop for TempRoots {
    fn drop(&mut self) {
        if let Some(own) = self.own.get_mut() {
            // When this fails, the next collector removes the file.
            _ = fs::remove_file(own.path());
        }
    }
}

/// A locked, empty file of this process. The name begins with the process id; a number follows when another
/// store of this process, or a process of the same id in another container, already uses the plain one.
fn create(dir: &Path) -> Result<LockFile, Error> {
    let pid = std::process::id();
    let mut number = 0;
    loop {
        let name = if number == 0 { pid.to_string() } else { format!("{pid}-{number}") };
        let own = LockFile::open(dir.join(name))?;
        if !try_lock(own.file(), Mode::Exclusive).context("lock", own.path())? {
            number += 1;
            continue;
        }
        if usable(&own)? {
            return Ok(own);
        }
    }
}

/// Whether a file that was opened, and then locked, can hold this process's roots.
fn usable(own: &LockFile) -> Result<bool, Error> {
    // Whoever had it before, or a collector that found it unlocked, has removed it: what lies there now, if anything, is
    // another store's.
    if !own.is_in_place()? {
        return Ok(false);
    }
    // A dead process of the same id has left it.
    if own.file().metadata().context("examine", own.path())?.len() != 0 {
        fs::remove_file(own.path()).context("remove", own.path())?;
        return Ok(false);
    }
    Ok(true)
}

/// The store paths that living processes use. Files of dead processes are removed unless `dry_run`. The
/// caller holds the exclusive lock.
pub(crate) fn read_all(layout: &Layout, dir: &StoreDir, dry_run: bool) -> Result<Vec<StorePath>, Error> {
    read(layout, dir, dry_run, None)
}

fn read(
    layout: &Layout,
    dir: &StoreDir,
    dry_run: bool,
    except: Option<&Path>,
) -> Result<Vec<StorePath>, Error> {
    let mut paths = Vec::new();
    let temp_roots = layout.temp_roots();
    for entry in fs::read_dir(&temp_roots).context("read the directory", &temp_roots)? {
        let entry = entry.context("read the directory", &temp_roots)?;
        let file = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") || except == Some(file.as_path()) {
            continue;
        }
        let mut opened = match fs::File::options().read(true).write(true).open(&file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).context("open", &file),
        };
        if try_lock(&opened, Mode::Exclusive).context("lock", &file)? {
            if !dry_run {
                fs::remove_file(&file).context("remove", &file)?;
                // A process that has just opened the file learns from this that it must create another.
                opened.write_all(b"d").context("write", &file)?;
            }
            continue;
        }
        let mut contents = Vec::new();
        opened.read_to_end(&mut contents).context("read", &file)?;
        paths.extend(contents.split(|&byte| byte == 0).filter_map(|path| dir.parse(path).ok()));
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(meanwhile: impl Fn(&Path), expected: bool, left: Option<&str>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1");
        let own = LockFile::open(&path).unwrap();
        meanwhile(&path);
        assert_eq!(usable(&own).unwrap(), expected);
        assert_eq!(fs::read_to_string(&path).ok().as_deref(), left);
    }

    #[test]
    fn only_the_file_that_lies_there_is_used() {
        check(|_| (), true, Some(""));
        check(|path| fs::remove_file(path).unwrap(), false, None);
        check(|path| fs::write(path, "left by a dead process").unwrap(), false, None);
        // Another store has removed it and made its own.
        let anew = |path: &Path| {
            fs::rename(path, path.with_extension("old")).unwrap();
            fs::write(path, "another store's").unwrap();
        };
        check(anew, false, Some("another store's"));
    }
}
