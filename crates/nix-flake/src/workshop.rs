//! Directories where something is fetched before it has its place in the cache, and what killed processes left of theirs.
//!
//! Whoever works in a directory has a lock on it, which ends with the process whatever becomes of that. A lock on the folder
//! is held by everybody who makes something there, for as long as it has no lock of its own, and by nobody while one looks
//! for what has none.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::error::{Context, Result};

/// A directory that is deleted at the end, by this process or a later one, unless it is renamed away.
#[derive(Debug)]
pub(crate) struct Workshop {
    dir: TempDir,
    /// Its lock; after the directory, so that nobody else deletes it meanwhile.
    _lock: File,
}

impl Workshop {
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// The folder that such directories are made in.
#[derive(Debug)]
pub(crate) struct Workshops {
    folder: PathBuf,
}

impl Workshops {
    /// The workshops in `folder`, which is made if it is not there, without those that nobody works in any more.
    pub(crate) fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).context("creating directory", &folder)?;
        let workshops = Workshops { folder };
        if let Err(error) = workshops.tidy() {
            // It is garbage that the next process may remove.
            tracing::info!(%error, "what earlier fetches left stays");
        }
        Ok(workshops)
    }

    /// A new directory.
    pub(crate) fn begin(&self) -> Result<Workshop> {
        let _open = self.lock(FlockOperation::LockShared)?;
        let dir = tempfile::Builder::new()
            .prefix("fetch-")
            .tempdir_in(&self.folder)
            .context("creating a directory in", &self.folder)?;
        let lock = File::open(dir.path()).context("opening", dir.path())?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).context("locking", dir.path())?;
        Ok(Workshop { dir, _lock: lock })
    }

    /// Writes a file that is renamed to `place` when it is whole.
    pub(crate) fn write(&self, place: &Path, contents: &[u8]) -> Result<()> {
        let _open = self.lock(FlockOperation::LockShared)?;
        let mut file =
            tempfile::NamedTempFile::new_in(&self.folder).context("creating a file in", &self.folder)?;
        file.write_all(contents).context("writing", file.path())?;
        file.persist(place).map_err(|error| error.error).context("writing", place)?;
        Ok(())
    }

    /// A new file without a name.
    pub(crate) fn scratch(&self) -> Result<File> {
        tempfile::tempfile_in(&self.folder).context("creating a file in", &self.folder)
    }

    fn lock(&self, how: FlockOperation) -> Result<File> {
        let path = self.folder.with_extension("lock");
        let file = File::options().create(true).append(true).open(&path).context("opening", &path)?;
        flock(&file, how).context("locking", &path)?;
        Ok(file)
    }

    /// Removes what nobody works on.
    fn tidy(&self) -> Result<()> {
        let folder = match self.lock(FlockOperation::NonBlockingLockExclusive) {
            Ok(lock) => lock,
            // Others are at work; somebody comes later.
            Err(crate::Error::Io { source, .. })
                if source.raw_os_error() == Some(Errno::WOULDBLOCK.raw_os_error()) =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let mut abandoned = Vec::new();
        for entry in fs::read_dir(&self.folder).context("reading directory", &self.folder)? {
            let entry = entry.context("reading directory", &self.folder)?;
            let path = entry.path();
            if !entry.file_type().context("examining", &path)?.is_dir() {
                fs::remove_file(&path).context("removing", &path)?;
                continue;
            }
            let Ok(lock) = File::open(&path) else { continue };
            if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
                abandoned.push((path, lock));
            }
        }
        // They have locks now, so others may go on while they are deleted.
        drop(folder);
        for (path, _lock) in &abandoned {
            fs::remove_dir_all(path).context("removing", path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_processes_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("tmp");
        let names = || {
            let mut names: Vec<String> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        };
        let workshops = Workshops::open(folder.clone()).unwrap();
        let used = workshops.begin().unwrap();
        fs::write(used.path().join("file"), "").unwrap();
        let name = used.path().file_name().unwrap().to_string_lossy().into_owned();
        fs::create_dir_all(folder.join("fetch-killed/tree")).unwrap();
        fs::write(folder.join("fetch-killed/tree/file"), "").unwrap();
        fs::write(folder.join(".tmpkilled"), "").unwrap();
        // Not while somebody is just making one.
        let making = workshops.lock(FlockOperation::LockShared).unwrap();
        Workshops::open(folder.clone()).unwrap();
        assert_eq!(names().len(), 3);
        drop(making);
        let others = Workshops::open(folder.clone()).unwrap();
        assert_eq!(names(), [name]);
        assert!(used.path().join("file").exists());
        others.write(&root.path().join("place"), b"text").unwrap();
        assert_eq!(fs::read(root.path().join("place")).unwrap(), b"text");
        drop(used);
        assert_eq!(names(), Vec::<String>::new());
    }
}
