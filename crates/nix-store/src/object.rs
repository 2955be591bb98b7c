//! Store objects on disk: written aside in canonical form, then renamed into place.
//!
//! In canonical form a file has mode 0444 or 0555, a directory 0555, everything has the modification time 1
//! (one second after the epoch), and there are no extended attributes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix_formats::{Hash, HashAlgo, StorePath};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_OMIT, fchmod, futimens, mkdirat,
    openat, renameat_with, symlinkat, utimensat,
};
use rustix::io::Errno;

use crate::error::{Context, Error};
use crate::node::{NarHasher, Node, Step};

const CANONICAL_TIMES: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT as _ },
    last_modification: Timespec { tv_sec: 1, tv_nsec: 0 },
};

const READ_ONLY: Mode = Mode::from_raw_mode(0o444);
const EXECUTABLE: Mode = Mode::from_raw_mode(0o555);
const WRITABLE_DIR: Mode = Mode::from_raw_mode(0o755);

/// The directory, within the store, where a process builds its objects.
#[derive(Debug)]
pub(crate) struct Workshop {
    path: PathBuf,
    dir: File,
}

impl Workshop {
    /// Creates the directory. Its name has the form of a store path, which `keep` makes a temporary root
    /// first, so that no version of Nix collects it while the process lives, and every one does afterwards.
    pub(crate) fn create(
        store: &Path,
        mut keep: impl FnMut(&StorePath) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut number = 0_u32;
        loop {
            let seed = format!("{}:{number}:{:?}", std::process::id(), SystemTime::now());
            let name = StorePath::new(HashAlgo::Sha256.digest(seed).fold20(), "unfinished")?;
            keep(&name)?;
            let path = store.join(name.base_name());
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                    continue;
                }
                Err(error) => return Err(error).context("create the directory", &path),
            }
            let dir = File::open(&path).context("open", &path)?;
            return Ok(Self { path, dir });
        }
    }

    /// Writes `node` in canonical form, its top level excepted where that must still be moved, and renames it
    /// to `destination`. Whatever is there is replaced in one step.
    ///
    /// # Errors
    /// [`Error::Changed`] when the archive is not the `expected` one.
    pub(crate) fn install(&self, node: &Node<'_>, expected: &Hash, destination: &Path) -> Result<(), Error> {
        const NAME: &str = "new";
        let built = self.path.join(NAME);
        let result = self.build(node, NAME).and_then(|found| {
            if found == *expected { Ok(()) } else { Err(Error::Changed(destination.to_owned())) }
        });
        let result = result.and_then(|()| {
            let is_dir = matches!(node, Node::Directory(_));
            self.put(&built, expected, destination)?;
            if is_dir {
                // A directory that its owner may not write cannot be moved to another parent, so this comes
                // last.
                let mode = fs::Permissions::from_mode(EXECUTABLE.as_raw_mode());
                fs::set_permissions(destination, mode).context("make read-only", destination)?;
            }
            Ok(())
        });
        if result.is_err() {
            // The error that is returned says more than one about the remains would.
            _ = delete(&built);
        }
        result
    }

    /// Builds `node` as the entry `name` of this directory, and returns the hash of its archive.
    fn build(&self, node: &Node<'_>, name: &str) -> Result<Hash, Error> {
        let mut hasher = NarHasher::new()?;
        let mut open: Vec<OwnedFd> = Vec::new();
        let mut entry: Vec<u8> = name.as_bytes().to_vec();
        // Errors name this directory: files are opened relative to their parents, whose paths nobody keeps.
        let place = &self.path;
        node.walk(&mut |step| {
            let parent = open.last().map_or(self.dir.as_fd(), AsFd::as_fd);
            match &step {
                Step::Regular { executable, .. } => {
                    let mut file = create_file(parent, &entry).context("create a file in", place)?;
                    let mode = if *executable { EXECUTABLE } else { READ_ONLY };
                    hasher.step(step, Some(&mut file))?;
                    fchmod(&file, mode).context("make a file read-only in", place)?;
                    return futimens(&file, &CANONICAL_TIMES).context("set the time of a file in", place);
                }
                Step::Symlink { target } => {
                    symlinkat(*target, parent, entry.as_slice()).context("create a link in", place)?;
                    utimensat(parent, entry.as_slice(), &CANONICAL_TIMES, AtFlags::SYMLINK_NOFOLLOW)
                        .context("set the time of a link in", place)?;
                }
                Step::BeginDirectory => {
                    mkdirat(parent, entry.as_slice(), WRITABLE_DIR)
                        .context("create a directory in", place)?;
                    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                    let dir = openat(parent, entry.as_slice(), flags, Mode::empty());
                    open.push(dir.context("open a directory in", place)?);
                }
                Step::Entry(name) => (*name).clone_into(&mut entry),
                Step::EndDirectory => {
                    if let Some(dir) = open.pop() {
                        let mode = if open.is_empty() { WRITABLE_DIR } else { EXECUTABLE };
                        fchmod(&dir, mode).context("make a directory read-only in", place)?;
                        futimens(&dir, &CANONICAL_TIMES).context("set the time of a directory in", place)?;
                    }
                }
            }
            hasher.step(step, None)
        })?;
        Ok(hasher.finish().0)
    }

    /// Moves `built` to `destination`, replacing what is there unless that is the same object.
    fn put(&self, built: &Path, expected: &Hash, destination: &Path) -> Result<(), Error> {
        match renameat_with(CWD, built, CWD, destination, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            Err(Errno::EXIST) => {}
            // Not every file system knows the flag; what is there is then found by the rename itself.
            Err(Errno::INVAL | Errno::NOSYS) if !exists(destination)? => {
                return fs::rename(built, destination).context("move an object to", destination);
            }
            Err(Errno::INVAL | Errno::NOSYS) => {}
            Err(error) => return Err(error).context("move an object to", destination),
        }
        if adopt(destination, expected)? {
            // Another process was quicker.
            return delete(built);
        }
        make_movable(destination)?;
        match renameat_with(CWD, built, CWD, destination, RenameFlags::EXCHANGE) {
            Ok(()) => delete(built),
            Err(Errno::INVAL | Errno::NOSYS) => {
                let old = self.path.join("old");
                fs::rename(destination, &old).context("move aside", destination)?;
                fs::rename(built, destination).context("move an object to", destination)?;
                delete(&old)
            }
            Err(error) => Err(error).context("replace", destination),
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // What cannot be removed now is garbage for the next collector.
        _ = delete(&self.path);
    }
}

fn create_file(parent: BorrowedFd<'_>, name: &[u8]) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::from_raw_mode(0o600)).map(File::from)
}

fn exists(path: &Path) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context("examine", path),
    }
}

/// Lets a directory that was an object be moved or have entries removed.
fn make_movable(path: &Path) -> Result<(), Error> {
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).context("make writable", path)?;
    }
    Ok(())
}

/// Whether something lies at `path`, left there by an interrupted process, that is the object with this
/// archive. If so it is brought into canonical form.
pub(crate) fn adopt(path: &Path, expected: &Hash) -> Result<bool, Error> {
    if !exists(path)? {
        return Ok(false);
    }
    let found = Node::from_fs(path, None).and_then(|node| node.nar_hash());
    if !found.is_ok_and(|(hash, _)| hash == *expected) {
        return Ok(false);
    }
    canonicalise(path)?;
    Ok(true)
}

fn canonicalise(path: &Path) -> Result<(), Error> {
    let metadata = path.symlink_metadata().context("examine", path)?;
    if !metadata.is_symlink() {
        let executable = metadata.is_dir() || metadata.permissions().mode() & 0o100 != 0;
        let mode = if executable { EXECUTABLE } else { READ_ONLY };
        if metadata.is_dir() {
            make_movable(path)?;
            for entry in fs::read_dir(path).context("read the directory", path)? {
                canonicalise(&entry.context("read the directory", path)?.path())?;
            }
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode.as_raw_mode()))
            .context("make read-only", path)?;
    }
    utimensat(CWD, path, &CANONICAL_TIMES, AtFlags::SYMLINK_NOFOLLOW).context("set the time of", path)
}

/// What is not canonical about the metadata of the object at `path`.
pub(crate) fn metadata_fault(path: &Path) -> Result<Option<String>, Error> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.symlink_metadata().context("examine", path)?;
    let mode = metadata.mode() & 0o7777;
    if !metadata.is_symlink() && mode != 0o555 && (metadata.is_dir() || mode != 0o444) {
        return Ok(Some(format!("'{}' has mode {mode:04o}", path.display())));
    }
    if metadata.mtime() != 1 {
        return Ok(Some(format!("'{}' has modification time {}", path.display(), metadata.mtime())));
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).context("read the directory", path)? {
            let fault = metadata_fault(&entry.context("read the directory", path)?.path())?;
            if fault.is_some() {
                return Ok(fault);
            }
        }
    }
    Ok(None)
}

/// Deletes a file or a whole directory, read-only or not, and returns nothing if it is gone already.
pub(crate) fn delete(path: &Path) -> Result<(), Error> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).context("examine", path),
    };
    if !metadata.is_dir() {
        return fs::remove_file(path).context("remove", path);
    }
    make_movable(path)?;
    for entry in fs::read_dir(path).context("read the directory", path)? {
        delete(&entry.context("read the directory", path)?.path())?;
    }
    fs::remove_dir(path).context("remove", path)
}

/// The space that deleting `path` frees, in bytes.
pub(crate) fn disk_usage(path: &Path) -> Result<u64, Error> {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.symlink_metadata().context("examine", path)?;
    let mut total = if metadata.is_dir() || metadata.nlink() == 1 { metadata.blocks() * 512 } else { 0 };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).context("read the directory", path)? {
            total += disk_usage(&entry.context("read the directory", path)?.path())?;
        }
    }
    Ok(total)
}
