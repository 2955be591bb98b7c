//! Store objects on disk, and their canonical form: a file has mode 0444 or 0555, a directory 0555, everything has the
//! modification time 1 (one second after the epoch), and there are no extended attributes.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix_formats::Hash;
use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, UTIME_OMIT, utimensat};

use crate::error::{Context, Error};
use crate::node::Node;

pub(crate) const CANONICAL_TIMES: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT as _ },
    last_modification: Timespec { tv_sec: 1, tv_nsec: 0 },
};

pub(crate) const READ_ONLY: Mode = Mode::from_raw_mode(0o444);
pub(crate) const EXECUTABLE: Mode = Mode::from_raw_mode(0o555);

pub(crate) fn exists(path: &Path) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context("examine", path),
    }
}

/// Lets a directory that was an object be moved or have entries removed.
pub(crate) fn make_movable(path: &Path) -> Result<(), Error> {
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
