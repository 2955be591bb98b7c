//! Permanent roots of garbage collection: Nix's `gcroots` and `profiles` directories, and links elsewhere
//! that they point to.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix_formats::{HashAlgo, StoreDir, StorePath};

use crate::error::{Context, Error};
use crate::layout::Layout;

/// Makes the link at `link` a root. The entry's name is a hash of its path, so that a link has one entry
/// only.
pub(crate) fn add_indirect(layout: &Layout, link: &Path) -> Result<(), Error> {
    if !link.is_absolute() {
        return Err(Error::RelativeRoot(link.to_owned()));
    }
    // Nix names a link without empty and `.` components.
    let link: PathBuf = link.components().collect();
    let name = HashAlgo::Sha1.digest(link.as_os_str().as_bytes()).to_nix32();
    let dir = layout.indirect_roots();
    let entry = dir.join(&name);
    if fs::read_link(&entry).is_ok_and(|target| target == link) {
        return Ok(());
    }
    match std::os::unix::fs::symlink(&link, &entry) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other.context("create the link", &entry),
    }
    // Something else has the name.
    let temporary = dir.join(format!(".{name}-{}", std::process::id()));
    match std::os::unix::fs::symlink(&link, &temporary) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&temporary).context("remove", &temporary)?;
            std::os::unix::fs::symlink(&link, &temporary).context("create the link", &temporary)?;
        }
        other => other.context("create the link", &temporary)?,
    }
    fs::rename(&temporary, &entry).context("create the link", &entry).inspect_err(|_| {
        _ = fs::remove_file(&temporary);
    })
}

/// The objects that permanent roots keep, valid or not. Indirect roots whose link is gone are removed from
/// `gcroots/auto` unless `dry_run`.
pub(crate) fn find(layout: &Layout, dir: &StoreDir, dry_run: bool) -> Result<BTreeSet<StorePath>, Error> {
    let mut search = Search { layout, dir, dry_run, found: BTreeSet::new() };
    search.visit(&layout.gc_roots())?;
    search.visit(&layout.profiles())?;
    Ok(search.found)
}

struct Search<'a> {
    layout: &'a Layout,
    dir: &'a StoreDir,
    dry_run: bool,
    found: BTreeSet<StorePath>,
}

impl Search<'_> {
    fn visit(&mut self, path: &Path) -> Result<(), Error> {
        match self.try_visit(path) {
            // What cannot be read can be no root that this user's store honours; Nix passes over it too.
            Err(Error::Io { source, path, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory
                ) =>
            {
                tracing::info!(path = %path.display(), %source, "passing over a possible root");
                Ok(())
            }
            other => other,
        }
    }

    fn try_visit(&mut self, path: &Path) -> Result<(), Error> {
        let kind = path.symlink_metadata().context("examine", path)?.file_type();
        if kind.is_dir() {
            for entry in fs::read_dir(path).context("read the directory", path)? {
                self.visit(&entry.context("read the directory", path)?.path())?;
            }
        } else if kind.is_symlink() {
            let target = fs::read_link(path).context("read the link", path)?;
            if !self.take(&target) {
                self.indirect(path, &target)?;
            }
        } else if kind.is_file()
            && let Some(name) = path.file_name()
            && let Ok(object) = StorePath::from_base_name(name.as_bytes())
        {
            self.found.insert(object);
        }
        Ok(())
    }

    /// A link to something outside the store: that may be a link into the store in turn.
    fn indirect(&mut self, path: &Path, target: &Path) -> Result<(), Error> {
        let target = path.parent().unwrap_or(path).join(target);
        match fs::read_link(&target) {
            Ok(object) => _ = self.take(&object),
            // It exists and is no link.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !self.dry_run && path.starts_with(self.layout.indirect_roots()) {
                    fs::remove_file(path).context("remove", path)?;
                }
            }
            Err(error) => return Err(error).context("read the link", &target),
        }
        Ok(())
    }

    fn take(&mut self, target: &Path) -> bool {
        match self.dir.parse_prefix(target.as_os_str().as_bytes()) {
            Ok((object, _)) => {
                self.found.insert(object);
                true
            }
            Err(_) => false,
        }
    }
}
