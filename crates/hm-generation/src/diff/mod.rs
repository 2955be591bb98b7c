//! What differs between two generations: their files, packages, session variables and lines in files.
//!
//! Everything here compares what lies in the store, never what stands in the home: the difference between two
//! generations is the same whoever asks and whenever. What a switch would do to a home is for
//! [`plan`](mod@crate::plan) to say.

pub mod files;
pub mod lines;
pub mod packages;
pub mod text;
pub mod variables;
pub mod versions;

use serde::Serialize;

pub use files::{FileDiff, FileKind, FileState, diff_files, diff_sources};
pub use lines::{LinesDiff, diff_lines};
pub use packages::{Closure, Inventory, Object, PackageDiff, PackagesDiff, Release, Status, diff_packages};
pub use text::{Hunk, Line, Mark};
pub use variables::{Replaced, VariablesDiff, diff_variables};

/// What became of something between the old and the new generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Only the new one has it.
    Added,
    /// Only the old one has it.
    Removed,
    /// Both have it, differently.
    Changed,
}

impl Change {
    /// What became of something that the old or the new generation has. None for what neither has.
    #[must_use]
    pub fn between<T>(old: Option<&T>, new: Option<&T>) -> Option<Self> {
        match (old, new) {
            (Some(_), Some(_)) => Some(Self::Changed),
            (Some(_), None) => Some(Self::Removed),
            (None, Some(_)) => Some(Self::Added),
            (None, None) => None,
        }
    }
}
