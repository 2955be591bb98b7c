//! What stands in the home at the places a switch concerns: the third input of the plan.
//!
//! These are plain data, so that a plan can be made, and tested, without a file system. [`crate::inspect`] fills
//! them in from a real home.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::OwnFile;
use crate::handles::Redirects;
use crate::path::RelPath;

/// The live home, as far as the old and the new generation's files reach. What is not in a map is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveHome {
    /// What stands at the targets themselves.
    pub leaves: BTreeMap<RelPath, Leaf>,
    /// What stands at the directories around the targets, as far as anything does.
    pub parents: BTreeMap<RelPath, Parent>,
    /// Directories in which something would change and which cannot be written to, with the system's reason;
    /// `""` is the home.
    pub unwritable: BTreeMap<String, String>,
    /// The names in directories that `hm` made and that may become empty.
    pub listed: BTreeMap<RelPath, Vec<String>>,
    /// The directories that `hm` made.
    pub made: BTreeSet<RelPath>,
    /// Linked directories that are followed.
    pub redirects: Redirects,
    /// The files of the user that have, or shall have, lines of `hm`.
    pub texts: BTreeMap<RelPath, Text>,
    /// What stood at a place before `hm` took it and is still there under another name, for places that are to be given
    /// back: the place, and the name in the same directory.
    pub kept: BTreeMap<RelPath, Displaced>,
}

/// What `hm` moved away from a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Displaced {
    /// The name that it has now, in the same directory.
    pub backup: String,
    /// The lines of `hm` in it, if it has any: it may have had them when it was moved.
    pub lines: Option<String>,
}

/// A file of the user in which lines are wanted, or were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// It does not exist.
    Absent,
    /// It is a managed link, with this target, that the new generation does not have.
    Ours(String),
    /// It can be changed.
    File {
        /// Where it is, which is elsewhere in the home when a link leads there.
        at: RelPath,
        /// The lines it has.
        lines: Option<String>,
        /// Nothing else is in it, and it was made for them.
        own: bool,
    },
    /// It is managed as a whole.
    Managed,
    /// It cannot be changed.
    Unusable(String),
}

/// What stands at a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// The very link or copy that the new generation wants.
    Current,
    /// Another managed link, with its target.
    Ours(String),
    /// A symbolic link that is not managed, with its target.
    Link {
        /// Its target.
        leads_to: String,
        /// A free name to move it to, when backups are wanted.
        backup: Option<String>,
    },
    /// A regular file.
    File {
        /// Whether it has the content the new generation wants there.
        same: bool,
        /// How it differs, for the reader.
        difference: Option<String>,
        /// What it is, when it is a file of `hm`'s own that nobody has edited.
        own: Option<OwnFile>,
        /// Whether it was a copy of `hm`'s, and has been edited.
        edited: bool,
        /// Its owner, when it is not the caller.
        other_owner: Option<u32>,
        /// A free name to move it to, when backups are wanted.
        backup: Option<String>,
    },
    /// A directory.
    Directory {
        /// Some of what is below it and is neither a managed link nor a directory of such.
        foreign: Vec<String>,
        /// The managed links below it, relative to the home.
        links: Vec<RelPath>,
        /// The unedited files of `hm`'s own below it, relative to the home.
        own: Vec<(RelPath, OwnFile)>,
        /// A free name to move it to, when backups are wanted.
        backup: Option<String>,
    },
    /// A socket, fifo or device.
    Special(&'static str),
    /// A name the file system does not allow.
    TooLong,
}

/// What stands at a directory around targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parent {
    /// A directory, or a link to one that is followed.
    Directory,
    /// Anything that is neither a directory nor a symbolic link.
    File,
    /// A managed link, with its target.
    Ours(String),
    /// A file of `hm`'s own that nobody has edited.
    Own(OwnFile),
    /// A link into a store.
    InStore(String),
    /// A link out of the home.
    Outside {
        /// The directory it leads to in the end.
        leads_to: String,
        /// That directory's owner, when it is not the caller.
        other_owner: Option<u32>,
    },
    /// A link that leads nowhere, in a circle, or to something that is not a directory.
    Dangling(String),
    /// A name the file system does not allow.
    TooLong,
    /// A directory that may not be entered, with the system's reason.
    Closed(String),
}
