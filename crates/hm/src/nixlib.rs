//! The files of nixlib that the binary carries, seen by programs below [`ROOT`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nix_eval::host::FileType;

/// Where nixlib's files appear to lie. No file system has this path.
pub(crate) const ROOT: &str = "/<nixlib>";

static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/nixlib.rs"));

/// The part of `path` below [`ROOT`], or `None` for a path elsewhere.
fn inner(path: &Path) -> Option<&str> {
    path.strip_prefix(ROOT).ok()?.to_str()
}

/// Whether `path` is one of nixlib's.
pub(crate) fn contains(path: &Path) -> bool {
    inner(path).is_some()
}

/// The bytes of a file of nixlib.
pub(crate) fn read(path: &Path) -> Option<&'static [u8]> {
    let wanted = inner(path)?;
    let index = FILES.binary_search_by(|(name, _)| (*name).cmp(wanted)).ok()?;
    FILES.get(index).map(|(_, bytes)| *bytes)
}

/// What is at a path of nixlib.
pub(crate) fn file_type(path: &Path) -> Option<FileType> {
    let wanted = inner(path)?;
    if read(path).is_some() {
        return Some(FileType::Regular);
    }
    let below =
        |name: &str| wanted.is_empty() || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'));
    FILES.iter().any(|(name, _)| below(name)).then_some(FileType::Directory)
}

/// The entries of a directory of nixlib.
pub(crate) fn read_dir(path: &Path) -> Option<Vec<(Vec<u8>, FileType)>> {
    let wanted = inner(path)?;
    let mut found = BTreeMap::new();
    for (name, _) in FILES {
        let rest = if wanted.is_empty() {
            Some(*name)
        } else {
            name.strip_prefix(wanted).and_then(|rest| rest.strip_prefix('/'))
        };
        let Some(rest) = rest else { continue };
        match rest.split_once('/') {
            Some((directory, _)) => found.insert(directory.as_bytes().to_vec(), FileType::Directory),
            None => found.insert(rest.as_bytes().to_vec(), FileType::Regular),
        };
    }
    (!found.is_empty()).then(|| found.into_iter().collect())
}

/// The path under which a file of nixlib appears.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(ROOT).join(relative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_directories_are_found() {
        assert!(read(&path("default.nix")).is_some());
        assert!(read(&path("absent.nix")).is_none());
        assert_eq!(file_type(Path::new(ROOT)), Some(FileType::Directory));
        assert_eq!(file_type(&path("lib")), Some(FileType::Directory));
        assert_eq!(file_type(&path("li")), None);
        assert_eq!(file_type(&path("lib/default.nix")), Some(FileType::Regular));
        let names = read_dir(Path::new(ROOT)).unwrap();
        assert!(names.contains(&(b"lib".to_vec(), FileType::Directory)));
        assert!(names.contains(&(b"default.nix".to_vec(), FileType::Regular)));
        assert!(read_dir(&path("default.nix")).is_none());
        assert!(!contains(Path::new("/nixlib/default.nix")));
    }
}
