//! Where a process writes store objects: aside, in canonical form, and then renamed into place.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix_formats::nar::{self, Visitor};
use nix_formats::{Hash, HashAlgo, ObjectInfo, StoreDir, StorePath};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, fchmod, futimens, mkdirat, openat, renameat_with, symlinkat,
    utimensat,
};
use rustix::io::Errno;

use crate::error::{Context, Error};
use crate::node::{NarHasher, Node, Step};
use crate::object::{CANONICAL_TIMES, EXECUTABLE, READ_ONLY, adopt, delete, exists, make_movable};

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
        self.make(expected, destination, |making| {
            let mut hasher = NarHasher::new()?;
            node.walk(&mut |step| {
                if let Step::Regular { executable, .. } = step {
                    return making.regular(executable, |file| hasher.step(step, Some((file, &self.path))));
                }
                match &step {
                    Step::Regular { .. } => {}
                    Step::Symlink { target } => making.symlink(target)?,
                    Step::BeginDirectory => making.begin_directory()?,
                    Step::Entry(name) => making.entry(name)?,
                    Step::EndDirectory => making.end_directory()?,
                }
                hasher.step(step, None)
            })?;
            if hasher.finish().0 == *expected { Ok(()) } else { Err(Error::Changed(destination.to_owned())) }
        })
    }

    /// Writes the object of an archive, as [`Workshop::install`] does, if it is the one that `info` tells of.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn unpack(
        &self,
        dir: &StoreDir,
        info: &ObjectInfo,
        archive: impl Read,
        destination: &Path,
    ) -> Result<(), Error> {
        self.make(&info.nar_hash, destination, |making| nar::read_verified(dir, info, archive, making))
    }

    /// Lets `write` write an object whose archive has the hash `expected`, and renames it to `destination`.
    fn make(
        &self,
        expected: &Hash,
        destination: &Path,
        write: impl FnOnce(&mut Making<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        const NAME: &str = "new";
        let built = self.path.join(NAME);
        let mut making = Making { workshop: self, open: Vec::new(), entry: NAME.into() };
        let result = write(&mut making).and_then(|()| {
            let is_dir = built.symlink_metadata().context("examine", &built)?.is_dir();
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

/// An object that is being written, node by node in the order of its archive.
struct Making<'w> {
    workshop: &'w Workshop,
    open: Vec<OwnedFd>,
    /// The name of the node that comes next.
    entry: Vec<u8>,
}

impl Making<'_> {
    // Errors name the workshop: files are opened relative to their parents, whose paths nobody keeps.

    fn parent(&self) -> BorrowedFd<'_> {
        self.open.last().map_or(self.workshop.dir.as_fd(), AsFd::as_fd)
    }

    fn regular(
        &mut self,
        executable: bool,
        write: impl FnOnce(&mut File) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let place = &self.workshop.path;
        let mut file = create_file(self.parent(), &self.entry).context("create a file in", place)?;
        let mode = if executable { EXECUTABLE } else { READ_ONLY };
        write(&mut file)?;
        fchmod(&file, mode).context("make a file read-only in", place)?;
        futimens(&file, &CANONICAL_TIMES).context("set the time of a file in", place)
    }
}

impl Visitor for Making<'_> {
    type Error = Error;

    fn regular(&mut self, executable: bool, _size: u64, contents: &mut dyn Read) -> Result<(), Error> {
        let place = self.workshop.path.clone();
        Making::regular(self, executable, |file| {
            io::copy(contents, file).context("unpack an archive into", place)?;
            Ok(())
        })
    }

    fn symlink(&mut self, target: &[u8]) -> Result<(), Error> {
        let (place, parent, entry) = (&self.workshop.path, self.parent(), self.entry.as_slice());
        symlinkat(target, parent, entry).context("create a link in", place)?;
        utimensat(parent, entry, &CANONICAL_TIMES, AtFlags::SYMLINK_NOFOLLOW)
            .context("set the time of a link in", place)
    }

    fn begin_directory(&mut self) -> Result<(), Error> {
        let (place, parent, entry) = (&self.workshop.path, self.parent(), self.entry.as_slice());
        mkdirat(parent, entry, WRITABLE_DIR).context("create a directory in", place)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = openat(parent, entry, flags, Mode::empty()).context("open a directory in", place)?;
        self.open.push(dir);
        Ok(())
    }

    fn entry(&mut self, name: &[u8]) -> Result<(), Error> {
        name.clone_into(&mut self.entry);
        Ok(())
    }

    fn end_directory(&mut self) -> Result<(), Error> {
        let place = &self.workshop.path;
        if let Some(dir) = self.open.pop() {
            let mode = if self.open.is_empty() { WRITABLE_DIR } else { EXECUTABLE };
            fchmod(&dir, mode).context("make a directory read-only in", place)?;
            futimens(&dir, &CANONICAL_TIMES).context("set the time of a directory in", place)?;
        }
        Ok(())
    }
}

fn create_file(parent: BorrowedFd<'_>, name: &[u8]) -> Result<File, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::from_raw_mode(0o600)).map(File::from)
}
