//! The steps that a plan is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::content::OwnFile;
use crate::path::RelPath;

/// One change to the home.
///
/// What a step puts at its place is a link to that path in the plan's `home_files`, or a copy of the file there where the
/// path is among the plan's `copies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Step {
    /// Make a directory.
    MakeDir {
        /// The directory.
        path: RelPath,
    },
    /// Make a link or copy where nothing is.
    NewLink {
        /// The place.
        path: RelPath,
    },
    /// Replace a managed link.
    ReplaceLink {
        /// The link.
        path: RelPath,
        /// Its target so far.
        was: String,
    },
    /// Replace a file of `hm`'s own that nobody has edited.
    ReplaceOwn {
        /// The file.
        path: RelPath,
        /// What it holds so far.
        was: OwnFile,
    },
    /// Put a link in the place of a foreign file with the same content.
    AdoptSame {
        /// The file.
        path: RelPath,
    },
    /// Replace a foreign file, link or empty directory, because the entry says `force`.
    ReplaceForeign {
        /// The file.
        path: RelPath,
    },
    /// Move what is there to another name, and put a link or copy in its place.
    Backup {
        /// The file.
        path: RelPath,
        /// The other name, in the same directory.
        backup: String,
    },
    /// Put a directory of new links and copies in the place of a managed link.
    LinkToDir {
        /// The link that becomes a directory.
        path: RelPath,
        /// Its target so far.
        was: String,
        /// The places below it.
        links: Vec<RelPath>,
    },
    /// Put a directory of new links and copies in the place of a file of `hm`'s own that nobody has edited.
    OwnToDir {
        /// The file that becomes a directory.
        path: RelPath,
        /// What it holds so far.
        was: OwnFile,
        /// The places below it.
        links: Vec<RelPath>,
    },
    /// Put a link or copy in the place of a directory that holds nothing but `hm`'s own.
    DirToLink {
        /// The directory.
        path: RelPath,
        /// The links below it, which go.
        links: Vec<RelPath>,
        /// The unedited copies below it, which go, with what they hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        own: Vec<(RelPath, OwnFile)>,
    },
    /// Remove a managed link.
    RemoveLink {
        /// The link.
        path: RelPath,
        /// Its target so far.
        was: String,
    },
    /// Remove a file of `hm`'s own that nobody has edited.
    RemoveOwn {
        /// The file.
        path: RelPath,
        /// What it holds so far.
        was: OwnFile,
    },
    /// Move a file back to the name it had before `hm` took that, in the place of a managed link or of nothing.
    Restore {
        /// The name it gets back.
        path: RelPath,
        /// The name it has, in the same directory.
        backup: String,
        /// The target of the link that is in its place.
        was: Option<String>,
    },
    /// Change the lines that `hm` keeps in a file of the user.
    SetLines {
        /// The file.
        path: RelPath,
        /// The lines that it has.
        was: Option<String>,
        /// The lines that it gets.
        lines: Option<String>,
        /// The file does not exist yet.
        made: bool,
    },
    /// Remove a directory that `hm` made and that has become empty.
    RemoveEmptyDir {
        /// The directory.
        path: RelPath,
    },
}

impl Step {
    /// The place it changes.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        match self {
            Self::MakeDir { path }
            | Self::NewLink { path }
            | Self::ReplaceLink { path, .. }
            | Self::ReplaceOwn { path, .. }
            | Self::AdoptSame { path }
            | Self::ReplaceForeign { path }
            | Self::Backup { path, .. }
            | Self::LinkToDir { path, .. }
            | Self::OwnToDir { path, .. }
            | Self::DirToLink { path, .. }
            | Self::RemoveLink { path, .. }
            | Self::RemoveOwn { path, .. }
            | Self::Restore { path, .. }
            | Self::SetLines { path, .. }
            | Self::RemoveEmptyDir { path } => path,
        }
    }

    /// Whether it leaves something under a temporary name that goes only after the commit.
    pub(crate) fn displaces(&self) -> bool {
        matches!(
            self,
            Self::AdoptSame { .. }
                | Self::ReplaceForeign { .. }
                | Self::ReplaceOwn { .. }
                | Self::RemoveOwn { .. }
                | Self::OwnToDir { .. }
                | Self::DirToLink { .. }
        )
    }

    /// The step in the words of an error message.
    pub(crate) fn action(&self) -> &'static str {
        match self {
            Self::MakeDir { .. } => "make the directory",
            Self::NewLink { .. } => "make the link",
            Self::ReplaceLink { .. } => "replace the link",
            Self::ReplaceOwn { .. } | Self::AdoptSame { .. } | Self::ReplaceForeign { .. } => {
                "replace the file"
            }
            Self::Backup { .. } => "back up",
            Self::LinkToDir { .. } => "make a directory of the link",
            Self::OwnToDir { .. } => "make a directory of the file",
            Self::DirToLink { .. } => "make a link of the directory",
            Self::RemoveLink { .. } => "remove the link",
            Self::RemoveOwn { .. } => "remove the file",
            Self::Restore { .. } => "put back the file",
            Self::SetLines { .. } => "change the lines in",
            Self::RemoveEmptyDir { .. } => "remove the directory",
        }
    }

    /// One line of a dry run; `copied` says whether the step puts a copy at its place.
    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, copied: bool) -> fmt::Result {
        let (link, relink) = if copied { ("copy", "copy anew") } else { ("link", "relink") };
        match self {
            Self::MakeDir { path } => write!(f, "make dir    {path}/"),
            Self::NewLink { path } => write!(f, "{link:<11} {path}"),
            Self::ReplaceLink { path, .. } if copied => {
                write!(f, "copy        {path} (in the place of a link)")
            }
            Self::ReplaceLink { path, .. } => write!(f, "{relink:<11} {path}"),
            Self::ReplaceOwn { path, .. } if copied => write!(f, "{relink:<11} {path}"),
            Self::ReplaceOwn { path, .. } => {
                write!(f, "link        {path} (in the place of an unedited file)")
            }
            Self::AdoptSame { path } => write!(f, "adopt       {path} (a file with the same content)"),
            Self::ReplaceForeign { path } => write!(f, "replace     {path} (force)"),
            Self::Backup { path, backup } => write!(f, "back up     {path} as {backup}, and {link}"),
            Self::LinkToDir { path, links, .. } => {
                write!(f, "link to dir {path}/ ({} links)", links.len())
            }
            Self::OwnToDir { path, links, .. } => {
                write!(f, "file to dir {path}/ ({} links)", links.len())
            }
            Self::DirToLink { path, links, own } => {
                write!(f, "dir to link {path} (of {} links)", links.len() + own.len())
            }
            Self::RemoveLink { path, .. } | Self::RemoveOwn { path, .. } => write!(f, "remove      {path}"),
            Self::Restore { path, backup, .. } => write!(f, "put back    {path} (from {backup})"),
            Self::SetLines { path, lines: Some(_), made: true, .. } => {
                write!(f, "add lines   {path} (a new file)")
            }
            Self::SetLines { path, lines: Some(_), was: None, .. } => write!(f, "add lines   {path}"),
            Self::SetLines { path, lines: Some(_), .. } => write!(f, "set lines   {path}"),
            Self::SetLines { path, lines: None, .. } => write!(f, "drop lines  {path}"),
            Self::RemoveEmptyDir { path } => write!(f, "remove dir  {path}/"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}
