//! How the links of units in the home differ from what the current generation put there.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hm_generation::{Generation, HomeEnv, RelPath};
use serde::Serialize;

/// What stands where the link of a unit should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Drift {
    /// Nothing.
    Missing,
    /// A link of hm, but not that of the current generation.
    OtherGeneration {
        /// Where it points.
        target: String,
    },
    /// Something that hm did not make.
    Foreign,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Drift::Missing => f.write_str("its link is missing"),
            Drift::OtherGeneration { target } => write!(f, "its link points to {target}"),
            Drift::Foreign => f.write_str("its place is taken by something that hm did not make"),
        }
    }
}

/// Looks at the link at `path`, relative to the home. `None` when it is as it should be.
///
/// # Errors
/// When the place cannot be looked at.
pub(crate) fn of(home: &HomeEnv, generation: &Generation, path: &str) -> io::Result<Option<Drift>> {
    let Ok(relative) = RelPath::new(path) else { return Ok(None) };
    let place = home.home.join(Path::new(path));
    Ok(match fs::read_link(&place) {
        Ok(target) if generation.files.is_target(&relative, target.as_os_str().as_bytes()) => None,
        Ok(target) if home.stores.owns(target.as_os_str().as_bytes()) => {
            Some(Drift::OtherGeneration { target: target.display().to_string() })
        }
        Ok(_) => Some(Drift::Foreign),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Some(Drift::Missing)
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Some(Drift::Foreign),
        Err(error) => return Err(error),
    })
}
