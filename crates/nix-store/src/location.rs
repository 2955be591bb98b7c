//! Whether a directory can hold a store, and under which spelling of its path.
//!
//! The path of the store directory stands in every object's hash and inside many objects. So it must be
//! spelled the same for ever, and be one that scripts, unit files and search paths take literally.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use nix_formats::StoreDir;
use rustix::fs::{Access, StatVfsMountFlags};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::error::{Context, Error, Unsuitable};
use crate::layout::{Layout, UNFINISHED};

/// What the kernel reads of a script's first line on every supported version (more since Linux 5.1).
const SHEBANG_LEN: usize = 127;

/// The longest path of a store directory: with it, `#!STORE/HASH-NAME/bin/bash` still fits into the part of a
/// script's first line that every kernel reads, for a NAME of up to 16 characters.
pub const MAX_STORE_DIR_LEN: usize =
    SHEBANG_LEN - "#!".len() - "/".len() - 32 - "-".len() - 16 - "/bin/bash".len();

/// The place of a store.
pub(crate) struct Place {
    pub(crate) layout: Layout,
    pub(crate) dir: StoreDir,
    /// If the store was not there: the directories that were created for it, each before those that it holds.
    pub(crate) created: Vec<PathBuf>,
}

/// Creates the directories for a store below `root` and settles how their paths are spelled. When the place does not
/// suit, what was created is removed again.
///
/// # Errors
/// [`Error::Unsuitable`], [`Error::Moved`], [`Error::Io`].
pub(crate) fn prepare(root: &Path) -> Result<Place, Error> {
    let root = resolve(root)?;
    let found = Layout::new(&root);
    check_spelling(&found.store)?;
    let created = missing(&found);
    match settle(&root, found) {
        Ok((layout, dir)) => Ok(Place { layout, dir, created }),
        Err(error) => {
            remove_created(&created);
            Err(error)
        }
    }
}

/// The directories on the way to a store and to its state that are not there, if it has none of both.
fn missing(layout: &Layout) -> Vec<PathBuf> {
    let absent = |path: &Path| path.symlink_metadata().is_err();
    if !absent(&layout.store) || !absent(&layout.state) {
        return Vec::new();
    }
    let ways = layout.store.ancestors().chain(layout.state.ancestors());
    let mut missing: Vec<PathBuf> = ways.filter(|path| absent(path)).map(Path::to_owned).collect();
    missing.sort();
    missing.dedup();
    missing
}

/// Removes those of the directories that are empty. One that is not holds what others have put there.
pub(crate) fn remove_created(created: &[PathBuf]) {
    for dir in created.iter().rev() {
        _ = fs::remove_dir(dir);
    }
}

fn settle(root: &Path, found: Layout) -> Result<(Layout, StoreDir), Error> {
    create_dir(&found.store)?;
    create_dir(&found.state)?;
    for part in [&found.store, &root.join("var"), &found.state] {
        if part.symlink_metadata().context("examine", part)?.is_symlink() {
            return Err(unsuitable(&found.store, Unsuitable::Symlink(part.clone())));
        }
    }
    let layout = recorded(&found)?.unwrap_or(found);
    let dir = check_spelling(&layout.store)?;
    check_file_system(&layout)?;
    record(&layout)?;
    Ok((layout, dir))
}

fn unsuitable(dir: &Path, reason: Unsuitable) -> Error {
    Error::Unsuitable { dir: dir.to_owned(), reason }
}

/// The canonical path of a directory that need not exist yet.
fn resolve(root: &Path) -> Result<PathBuf, Error> {
    for ancestor in root.ancestors().filter(|_| root.is_absolute()) {
        match (ancestor.canonicalize(), root.strip_prefix(ancestor)) {
            (Ok(real), Ok(rest)) if rest.components().all(|part| matches!(part, Component::Normal(_))) => {
                // Collecting leaves out the slash that joining nothing would add.
                return Ok(real.join(rest).components().collect());
            }
            (Err(error), _) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context("resolve", ancestor);
            }
            _ => {}
        }
    }
    Err(unsuitable(&Layout::new(root).store, Unsuitable::Relative))
}

fn create_dir(dir: &Path) -> Result<(), Error> {
    match fs::create_dir_all(dir) {
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(unsuitable(dir, Unsuitable::NotWritable))
        }
        other => other.context("create the directory", dir),
    }
}

/// Checks the path itself, whatever is there.
fn check_spelling(store: &Path) -> Result<StoreDir, Error> {
    let bad = |reason| Err(unsuitable(store, reason));
    if !store.is_absolute() || store.components().any(|part| part == Component::ParentDir) {
        return bad(Unsuitable::Relative);
    }
    let Some(text) = store.to_str().filter(|text| text.is_ascii()) else {
        return bad(Unsuitable::NotAscii);
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/._-+=@,~".contains(c);
    if let Some(c) = text.chars().find(|&c| !allowed(c)) {
        return bad(Unsuitable::Character(c));
    }
    if text.len() > MAX_STORE_DIR_LEN {
        return bad(Unsuitable::TooLong { length: text.len(), max: MAX_STORE_DIR_LEN });
    }
    Ok(StoreDir::new(text)?)
}

fn check_file_system(layout: &Layout) -> Result<(), Error> {
    let flags =
        rustix::fs::statvfs(&layout.store).context("examine the file system of", &layout.store)?.f_flag;
    if flags.contains(StatVfsMountFlags::NOEXEC) {
        return Err(unsuitable(&layout.store, Unsuitable::NoExec));
    }
    let caller = geteuid().as_raw();
    for dir in [&layout.store, &layout.state] {
        let owner = dir.metadata().context("examine", dir)?.uid();
        if owner != caller {
            return Err(unsuitable(dir, Unsuitable::NotOwner { owner, caller }));
        }
        match rustix::fs::access(dir, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Err(Errno::NOENT).context("examine", dir),
            Err(_) => return Err(unsuitable(&layout.store, Unsuitable::NotWritable)),
        }
    }
    Ok(())
}

/// The layout under the spelling that was recorded when the store was created.
fn recorded(found: &Layout) -> Result<Option<Layout>, Error> {
    let file = found.recorded_dir();
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("read", &file),
    };
    let recorded = PathBuf::from(text.trim_end_matches('\n'));
    let own = found.store.metadata().context("examine", &found.store)?;
    let same =
        recorded.metadata().is_ok_and(|recorded| (recorded.dev(), recorded.ino()) == (own.dev(), own.ino()));
    match recorded.parent() {
        Some(root) if same && recorded.ends_with("store") => {
            if recorded != found.store && root.canonicalize().is_ok_and(|real| real != root) {
                tracing::warn!(store = %recorded.display(), "stock Nix will refuse this store: it is now below a symbolic link");
            }
            Ok(Some(Layout::new(root)))
        }
        _ => {
            Err(Error::Moved { dir: found.store.clone(), recorded: recorded.to_string_lossy().into_owned() })
        }
    }
}

fn record(layout: &Layout) -> Result<(), Error> {
    let file = layout.recorded_dir();
    if file.exists() {
        return Ok(());
    }
    let mut temporary = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(&layout.state)
        .context("create a file in", &layout.state)?;
    writeln!(temporary, "{}", layout.store.display()).context("write", temporary.path())?;
    // Another process that creates the same store at the same time records the same.
    temporary.persist(&file).map_err(|error| error.error).context("write", &file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dir: &str, expected: Option<Unsuitable>) {
        let found = match check_spelling(Path::new(dir)) {
            Ok(_) => None,
            Err(Error::Unsuitable { reason, .. }) => Some(reason),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, expected, "{dir}");
    }

    #[test]
    fn spellings() {
        check("/home/u/.local/share/hm/nix/store", None);
        check("/home/some.user@example/nix/store", None);
        check("nix/store", Some(Unsuitable::Relative));
        check("/home/u/../nix/store", Some(Unsuitable::Relative));
        for c in [' ', '\t', '\n', '\'', '"', '%', '$', '\\', ':', ';', '`', '#', '*'] {
            check(&format!("/home/a{c}b/store"), Some(Unsuitable::Character(c)));
        }
        check("/home/ü/store", Some(Unsuitable::NotAscii));
        let long = |len: usize| format!("/{}", "x".repeat(len - 1));
        check(&long(MAX_STORE_DIR_LEN), None);
        check(
            &long(MAX_STORE_DIR_LEN + 1),
            Some(Unsuitable::TooLong { length: MAX_STORE_DIR_LEN + 1, max: MAX_STORE_DIR_LEN }),
        );
    }

    #[test]
    fn an_interpreter_in_the_longest_store_fits_the_first_line() {
        let store = "x".repeat(MAX_STORE_DIR_LEN);
        let line = format!("#!{store}/{}-{}/bin/bash", "h".repeat(32), "n".repeat(16));
        assert_eq!(line.len(), SHEBANG_LEN);
    }
}
