//! The files of the cache: one for each record, written aside and renamed, so that any number of processes may use them at
//! once. Whatever goes wrong with them is as if there was no cache.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::seen::{Digest, digest};

/// How much room the records may take together, in bytes.
const ROOM: u64 = 64 << 20;

/// How many records there may be.
const MOST: usize = 1000;

/// How a file begins. The number changes with the format.
const MAGIC: &[u8] = b"hm evaluation 1\n";

/// When a file that somebody writes aside was left behind by a process that ended.
const ABANDONED: Duration = Duration::from_secs(3600);

/// How a file that is written aside is called.
const ASIDE: &str = ".new-";

/// A directory of records.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Folder { path }
    }

    /// What was written under this name; nothing where it is damaged.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path.join(name);
        let bytes = fs::read(&path).ok()?;
        let rest = bytes.strip_prefix(MAGIC)?;
        let (sum, body) = rest.split_at_checked(size_of::<Digest>())?;
        if digest(body) != *sum {
            return None;
        }
        self.touch(&path);
        Some(body.to_vec())
    }

    /// Notes that a record is still of use: those that were not for the longest time go first.
    fn touch(&self, path: &Path) {
        const OFTEN_ENOUGH: Duration = Duration::from_secs(3600);
        let now = SystemTime::now();
        let used = fs::metadata(path).and_then(|metadata| metadata.modified());
        if used.is_ok_and(|used| now.duration_since(used).is_ok_and(|age| age > OFTEN_ENOUGH)) {
            _ = File::options().append(true).open(path).and_then(|file| file.set_modified(now));
        }
    }

    /// Writes a record, then removes what is too much.
    ///
    /// # Errors
    /// When that is not possible.
    pub(super) fn write(&self, name: &str, body: &[u8]) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let mut file = tempfile::Builder::new().prefix(ASIDE).tempfile_in(&self.path)?;
        for part in [MAGIC, &digest(body), body] {
            file.write_all(part)?;
        }
        file.persist(self.path.join(name)).map_err(|error| error.error)?;
        self.tidy(name, ROOM, MOST)
    }

    /// Removes the records that were not used for the longest time until the others have room, but not the one that is
    /// `kept`.
    fn tidy(&self, kept: &str, room: u64, most: usize) -> io::Result<()> {
        let now = SystemTime::now();
        let mut records = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            // Another process may remove it at the same time.
            let Ok(metadata) = entry.metadata() else { continue };
            let (name, used) = (entry.file_name(), metadata.modified().unwrap_or(now));
            if name.to_string_lossy().starts_with(ASIDE) {
                if now.duration_since(used).is_ok_and(|age| age > ABANDONED) {
                    _ = fs::remove_file(entry.path());
                }
            } else {
                records.push((name == kept, used, metadata.len(), entry.path()));
            }
        }
        records.sort();
        let mut left = records.len();
        let mut size: u64 = records.iter().map(|(_, _, size, _)| size).sum();
        for (is_kept, _, length, path) in &records {
            if *is_kept || (size <= room && left <= most) {
                break;
            }
            _ = fs::remove_file(path);
            (size, left) = (size - length, left - 1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Folder) -> Vec<String> {
        let entries = fs::read_dir(&folder.path).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn age(folder: &Folder, name: &str, seconds: u64) {
        let file = File::options().append(true).open(folder.path.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
    }

    #[test]
    fn only_what_is_whole_is_read() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path().join("a/b"));
        assert_eq!(folder.read("x"), None);
        folder.write("x", b"body").unwrap();
        assert_eq!(folder.read("x").as_deref(), Some(&b"body"[..]));
        let path = folder.path.join("x");
        let whole = fs::read(&path).unwrap();
        for index in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[index] ^= 1;
            fs::write(&path, damaged).unwrap();
            assert_eq!(folder.read("x"), None, "byte {index}");
            fs::write(&path, &whole[..index]).unwrap();
            assert_eq!(folder.read("x"), None, "{index} bytes");
        }
        fs::write(&path, whole).unwrap();
        assert!(folder.read("x").is_some());
    }

    #[test]
    fn what_was_not_used_for_long_goes_first() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::new(home.path().to_owned());
        for (name, seconds) in [("old", 7200), ("older", 10_000), ("kept", 20_000), ("new", 0)] {
            folder.write(name, &[0; 100]).unwrap();
            age(&folder, name, seconds);
        }
        // To be read is to be used.
        folder.read("older").unwrap();
        fs::write(folder.path.join(".new-abandoned"), "").unwrap();
        fs::write(folder.path.join(".new-fresh"), "").unwrap();
        age(&folder, ".new-abandoned", 4000);
        folder.tidy("kept", u64::MAX, 3).unwrap();
        assert_eq!(names(&folder), [".new-fresh", "kept", "new", "older"]);
        folder.tidy("kept", 200, MOST).unwrap();
        assert_eq!(names(&folder), [".new-fresh", "kept"]);
    }
}
