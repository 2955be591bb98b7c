//! Telling `hm`'s own links from everything else.
//!
//! A link is ours when its target lies below an object named `home-manager-files` of a store we know. That name
//! is home-manager's, so its links count as ours too: a home can be taken over from it, and links of a
//! generation that is no longer recorded anywhere are still recognised.

use std::path::{Path, PathBuf};

/// The part of a store object's name behind its hash that marks the files of a generation.
pub const FILES_NAME: &str = "home-manager-files";

/// Length of the hash part of a store path, in characters of Nix's base 32.
const HASH_LEN: usize = 32;

/// The store directories whose generations are ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stores(Vec<String>);

impl Stores {
    /// The given store directories (absolute, as they stand at the front of link targets). A directory whose
    /// name is not UTF-8 cannot hold a store and is left out.
    pub fn new<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>) -> Self {
        Self(
            dirs.into_iter()
                .filter_map(|dir| dir.as_ref().to_str().map(|text| text.trim_end_matches('/').to_owned()))
                .filter(|dir| dir.starts_with('/'))
                .collect(),
        )
    }

    /// Whether a link with this target is a managed one.
    #[must_use]
    pub fn owns(&self, target: &[u8]) -> bool {
        self.files_object(target).is_some()
    }

    /// The `STORE/HASH-home-manager-files` at the front of `target`.
    #[must_use]
    pub fn files_object<'t>(&self, target: &'t [u8]) -> Option<&'t [u8]> {
        self.0.iter().find_map(|store| {
            let rest = target.strip_prefix(store.as_bytes())?.strip_prefix(b"/")?;
            let (hash, rest) = rest.split_at_checked(HASH_LEN)?;
            let below = rest.strip_prefix(b"-")?.strip_prefix(FILES_NAME.as_bytes())?;
            let well_formed =
                hash.iter().all(|c| is_base32(*c)) && below.starts_with(b"/") && !has_dots(below);
            well_formed.then(|| target.split_at(target.len() - below.len()).0)
        })
    }

    /// The store directory that holds `path`.
    #[must_use]
    pub fn holding(&self, path: &Path) -> Option<PathBuf> {
        self.0.iter().map(PathBuf::from).find(|store| path.starts_with(store))
    }
}

/// The alphabet of Nix's base 32: digits and lower-case letters without `e`, `o`, `t`, `u`.
fn is_base32(c: u8) -> bool {
    c.is_ascii_digit() || (c.is_ascii_lowercase() && !matches!(c, b'e' | b'o' | b't' | b'u'))
}

/// A target that climbs out of the object again is nobody's.
fn has_dots(below: &[u8]) -> bool {
    below.split(|c| *c == b'/').any(|component| component == b".." || component == b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_and_not_ours() {
        let stores = Stores::new(["/nix/store", "/home/u/.local/share/hm/nix/store/"]);
        let hash = "0123456789abcdfghijklmnpqrsvwxyz";
        let check = |target: &str, expected: bool| {
            assert_eq!(stores.owns(target.replace('H', hash).as_bytes()), expected, "{target}");
        };
        check("/nix/store/H-home-manager-files/.bashrc", true);
        check("/home/u/.local/share/hm/nix/store/H-home-manager-files/.config/x", true);
        check("/nix/store/H-home-manager-files", false);
        check("/nix/store/H-home-manager-files/", true);
        check("/nix/store/H-home-manager-filesystem/x", false);
        check("/nix/store/H-home-manager-files/../x", false);
        check("/nix/store/H-hm_bashrc", false);
        check("/nix/store/short-home-manager-files/x", false);
        check("/nix/store/e123456789abcdfghijklmnpqrsvwxyz-home-manager-files/x", false);
        check("/opt/store/H-home-manager-files/x", false);
        check("/nix/storeH-home-manager-files/x", false);
        check("relative", false);
    }
}
