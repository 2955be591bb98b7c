//! Why a target cannot be written. A plan that meets problems reports all of them and changes nothing.

use std::fmt;

use serde::Serialize;

use crate::path::RelPath;

/// One reason why the new generation cannot be linked into the home as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// A file that `hm` did not make, with other content.
    ForeignFile {
        /// The target.
        path: RelPath,
        /// What stands there against what should: the first changed lines, or a note on sizes.
        difference: Option<String>,
    },
    /// A copy that the user has edited, where a link is wanted now.
    EditedCopy {
        /// The target.
        path: RelPath,
        /// What stands there against what should: the first changed lines, or a note on sizes.
        difference: Option<String>,
    },
    /// A symbolic link that `hm` did not make.
    ForeignLink {
        /// The target.
        path: RelPath,
        /// Where the link points.
        leads_to: String,
    },
    /// A socket, fifo or device.
    SpecialFile {
        /// The target.
        path: RelPath,
        /// "socket", "fifo" or "device".
        kind: String,
    },
    /// A directory that is not made of managed links only.
    DirectoryInTheWay {
        /// The target.
        path: RelPath,
        /// Some of what is in it and not ours; empty for an empty directory.
        holds: Vec<String>,
    },
    /// A file of another user.
    OtherOwner {
        /// The target.
        path: RelPath,
        /// Its owner.
        owner: u32,
    },
    /// A directory on the way is a file.
    ParentIsFile {
        /// The first target concerned.
        path: RelPath,
        /// The file.
        parent: RelPath,
    },
    /// A directory on the way is a link into a store.
    ParentInStore {
        /// The first target concerned.
        path: RelPath,
        /// The link.
        parent: RelPath,
        /// Where it points.
        leads_to: String,
    },
    /// A directory on the way is a link out of the home.
    ParentOutsideHome {
        /// The first target concerned.
        path: RelPath,
        /// The link.
        parent: RelPath,
        /// The directory it leads to in the end.
        leads_to: String,
        /// Its owner, when it is not the caller.
        other_owner: Option<u32>,
    },
    /// A directory on the way is a link that leads nowhere.
    ParentDangling {
        /// The first target concerned.
        path: RelPath,
        /// The link.
        parent: RelPath,
        /// Where it points.
        leads_to: String,
    },
    /// A directory cannot be written to.
    ParentNotWritable {
        /// The first target concerned.
        path: RelPath,
        /// The directory, empty for the home itself.
        parent: String,
        /// The system's reason.
        why: String,
    },
    /// The name is longer than the file system allows.
    NameTooLong {
        /// The target.
        path: RelPath,
    },
    /// The target is not below the home.
    OutsideHome {
        /// The target as declared.
        target: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two targets are one place, by way of a linked directory.
    SamePlace {
        /// The one.
        path: RelPath,
        /// The other.
        other: RelPath,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignFile { path, difference } => {
                write!(
                    f,
                    "{path} is a file that hm did not make; move it away, pass --backup to keep it beside the link, \
                     or set `force = true` on this entry to replace it"
                )?;
                lines_below(f, difference.as_deref())
            }
            Self::EditedCopy { path, difference } => {
                write!(
                    f,
                    "{path} was copied by hm and has been edited since, and a link is to take its place; move it away, \
                     pass --backup to keep it beside the link, or set `force = true` on this entry to replace it"
                )?;
                lines_below(f, difference.as_deref())
            }
            Self::ForeignLink { path, leads_to } => write!(
                f,
                "{path} is a link to {leads_to} that hm did not make; move it away, pass --backup to keep it beside \
                 the new one, or set `force = true` on this entry to replace it"
            ),
            Self::SpecialFile { path, kind } => {
                write!(f, "{path} is a {kind}, which is never replaced; move it away")
            }
            Self::DirectoryInTheWay { path, holds } if holds.is_empty() => {
                write!(f, "{path} is an empty directory that hm did not make; remove it, or pass --backup")
            }
            Self::DirectoryInTheWay { path, holds } => write!(
                f,
                "{path} is a directory that holds {}, which hm did not make; move it away, or pass --backup to keep \
                 it beside the link",
                holds.join(", ")
            ),
            Self::OtherOwner { path, owner } => {
                write!(f, "{path} belongs to user {owner}; give it to yourself with chown, or move it away")
            }
            Self::ParentIsFile { path, parent } => {
                write!(f, "{path} cannot be made: {parent} is a file, not a directory; move it away")
            }
            Self::ParentInStore { path, parent, leads_to } => write!(
                f,
                "{path} cannot be made: {parent} is a link into a store ({leads_to}), which is never written to; \
                 remove the link, or stop whatever manages it"
            ),
            Self::ParentOutsideHome { path, parent, leads_to, other_owner: None } => write!(
                f,
                "{path} would be written outside the home: {parent} is a link to {leads_to}; if that is meant, set \
                 `home.trustedParents = [ \"{leads_to}\" ];`"
            ),
            Self::ParentOutsideHome { path, parent, leads_to, other_owner: Some(owner) } => write!(
                f,
                "{path} would be written outside the home: {parent} is a link to {leads_to}, which belongs to user \
                 {owner}"
            ),
            Self::ParentDangling { path, parent, leads_to } => write!(
                f,
                "{path} cannot be made: {parent} is a link to {leads_to}, which cannot be reached; repair or remove \
                 the link"
            ),
            Self::ParentNotWritable { path, parent, why } if parent.is_empty() => {
                write!(f, "{path} cannot be written: the home directory: {why}")
            }
            Self::ParentNotWritable { path, parent, why } => {
                write!(f, "{path} cannot be written: the directory {parent}: {why}")
            }
            Self::NameTooLong { path } => {
                write!(f, "{path} is too long a name for the file system; choose a shorter one")
            }
            Self::OutsideHome { target, why } => write!(
                f,
                "the target {target:?} is not below the home directory ({why}); targets are relative to it"
            ),
            Self::SamePlace { path, other } => write!(
                f,
                "{path} and {other} are the same place, by way of a linked directory; declare only one of them"
            ),
        }
    }
}

/// The lines of a difference, indented below what it is about.
fn lines_below(f: &mut fmt::Formatter<'_>, difference: Option<&str>) -> fmt::Result {
    for line in difference.iter().flat_map(|text| text.lines()) {
        write!(f, "\n    {line}")?;
    }
    Ok(())
}
