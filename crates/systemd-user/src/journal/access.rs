//! Whether there is a journal that may be read, and what to do if not: `journalctl` just shows nothing.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where journals lie: those on disk, and those that go with a shutdown.
const PLACES: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// Why there is nothing to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoJournal {
    /// There are journals, but not for this user.
    #[error("this user may read no journal: {} is for others", path.display())]
    Refused {
        /// The first that could not be opened.
        path: PathBuf,
    },
    /// Nobody writes any.
    #[error("there is no journal: no file lies below {}", places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(" or "))]
    None {
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
}

impl NoJournal {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Refused { .. } => {
                "users have a journal of their own where Storage=persistent is set in /etc/systemd/journald.conf; \
                 members of the group `systemd-journal` read all: `sudo usermod -aG systemd-journal $USER`, then log in \
                 again"
            }
            Self::None { .. } => {
                "systemd-journald writes it, unless Storage=none is set in /etc/systemd/journald.conf; see `systemctl \
                 status systemd-journald`"
            }
        }
    }
}

/// Makes sure that some journal can be read.
///
/// # Errors
/// [`NoJournal`] says why not.
pub fn check_access() -> Result<(), NoJournal> {
    check(&PLACES.map(Path::new))
}

fn check(places: &[&Path]) -> Result<(), NoJournal> {
    let mut refused = None;
    // One folder for each machine that wrote here, and for each namespace.
    let folders: Vec<PathBuf> = places.iter().flat_map(|place| entries(place, &mut refused)).collect();
    for folder in folders {
        for file in entries(&folder, &mut refused) {
            if file.extension().is_none_or(|extension| extension != "journal") {
                continue;
            }
            match File::open(&file) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => _ = refused.get_or_insert(file),
                Err(_) => {}
            }
        }
    }
    Err(match refused {
        Some(path) => NoJournal::Refused { path },
        None => NoJournal::None { places: places.iter().map(PathBuf::from).collect() },
    })
}

/// What lies in a folder, in the order of the names. One that may not be listed is noted.
fn entries(folder: &Path, refused: &mut Option<PathBuf>) -> Vec<PathBuf> {
    match fs::read_dir(folder) {
        Ok(listing) => {
            let mut entries: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
            entries.sort();
            entries
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            refused.get_or_insert_with(|| folder.to_owned());
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_has_to_be_a_journal() {
        let dir = tempfile::tempdir().unwrap();
        let (missing, place) = (dir.path().join("missing"), dir.path().join("there"));
        let places = [missing.as_path(), place.as_path()];
        let none = NoJournal::None { places: places.iter().map(PathBuf::from).collect() };
        assert_eq!(check(&places), Err(none.clone()));
        let folder = place.join("0123456789abcdef");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("fss"), "").unwrap();
        assert_eq!(check(&places), Err(none));
        fs::write(folder.join("user-1000.journal"), "").unwrap();
        assert_eq!(check(&places), Ok(()));
    }

    #[test]
    fn somebody_elses_journals_are_named() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("machine/system.journal");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
        // Nothing is refused to root.
        if File::open(&file).is_err() {
            assert_eq!(check(&[dir.path()]), Err(NoJournal::Refused { path: file }));
        }
    }
}
