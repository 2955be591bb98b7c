//! What can go wrong, told so that the reader knows what, where and what to do.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::apply::Kept;
use crate::problem::Problem;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call failed. `action` says what was being done, as in "create the link".
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Targets of the new generation are in the way of something. Nothing was changed.
    #[error("{}", list_problems(.0))]
    Problems(Vec<Problem>),
    /// The home does not exist or is not a directory.
    #[error("the home directory {} {what}; set HOME to your home directory", path.display())]
    NoHome {
        /// The home.
        path: PathBuf,
        /// "does not exist" or "is not a directory".
        what: &'static str,
    },
    /// The home is somebody else's.
    #[error(
        "the home directory {} belongs to user {owner}, not to user {uid} who runs this; \
         run as its owner, or set HOME to your own (sudo keeps HOME: use `sudo -H`)",
        path.display()
    )]
    HomeNotOwned {
        /// The home.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Who runs.
        uid: u32,
    },
    /// A path that must be absolute UTF-8 is not.
    #[error("{what} {} is not an absolute path in UTF-8", path.display())]
    UnusablePath {
        /// What the path is for.
        what: &'static str,
        /// The path.
        path: PathBuf,
    },
    /// Another process holds the lock and the caller did not want to wait.
    #[error("another hm is writing to this home (it holds {}); try again when it is done", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A file of a later release.
    #[error(
        "{} has format {version}, this hm understands at most {newest}: it was written by a newer release; \
         use that one",
        path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: u64,
        /// The newest format understood.
        newest: u64,
    },
    /// A file of ours that cannot be read as what it should be.
    #[error("{} is damaged: {source}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A directory that is not a generation.
    #[error("{} is not a generation of hm: {why}", path.display())]
    NotAGeneration {
        /// The directory.
        path: PathBuf,
        /// What is missing or wrong.
        why: String,
    },
    /// A profile without the wanted generation.
    #[error("{} has no generation {id}; `hm generations` lists those it has", profile.display())]
    NoSuchGeneration {
        /// The profile.
        profile: PathBuf,
        /// The number.
        id: u64,
    },
    /// There is nothing to go back to.
    #[error("{} has no generation before the current one", profile.display())]
    NoPreviousGeneration {
        /// The profile.
        profile: PathBuf,
    },
    /// The current generation cannot be removed.
    #[error("generation {id} is the current one and cannot be removed; switch to another first")]
    RemoveCurrent {
        /// The number.
        id: u64,
    },
    /// Something that is not a link stands where the profile should be.
    #[error("{} is not a symbolic link, so it is not a profile; move it away", path.display())]
    ProfileNotALink {
        /// The profile.
        path: PathBuf,
    },
    /// A change was wanted before an interrupted one was recovered.
    #[error("an earlier run was interrupted and has not been recovered ({} says what it did)", journal.display())]
    RecoveryPending {
        /// The journal.
        journal: PathBuf,
    },
    /// The journal is that of another home or profile.
    #[error("{} belongs to the home {}, not to {}", journal.display(), theirs.display(), ours.display())]
    ForeignJournal {
        /// The journal.
        journal: PathBuf,
        /// The home it names.
        theirs: PathBuf,
        /// The home of the caller.
        ours: PathBuf,
    },
    /// The caller's registration of a garbage-collection root failed.
    #[error("cannot register {} as a garbage-collection root: {source}", link.display())]
    Root {
        /// The link to be registered.
        link: PathBuf,
        /// The caller's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A directory of the home changed while the switch ran.
    #[error("{} is no longer the directory it was a moment ago; nothing was written through it", path.display())]
    Changed {
        /// The directory.
        path: PathBuf,
    },
    /// The switch is committed, but what follows the commit failed.
    #[error(
        "the switch is done, but cleaning up after it failed ({0}); the next hm command that writes completes it"
    )]
    AfterCommit(Box<Error>),
    /// A step failed and everything was undone, but foreign files had turned up in the places of links meanwhile.
    #[error("{cause}; everything was undone, and what turned up meanwhile was kept: {}", list_kept(.kept))]
    KeptAside {
        /// What failed.
        cause: Box<Error>,
        /// What was kept, and where.
        kept: Vec<Kept>,
    },
    /// A step failed and undoing the ones before it failed too. The next writing command tries again.
    #[error(
        "{cause}; undoing what was done failed too ({undo}); the next hm command that writes will try again"
    )]
    UndoFailed {
        /// What failed first.
        cause: Box<Error>,
        /// Why it could not be undone.
        undo: Box<Error>,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>, source: impl Into<io::Error>) -> Self {
        Self::Io { action, path: path.as_ref().to_owned(), source: source.into() }
    }

    /// A closure for `map_err`.
    pub(crate) fn at<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(Errno) -> Self + 'a {
        move |source| Self::io(action, path, source)
    }
}

fn list_kept(kept: &[Kept]) -> String {
    let each = |kept: &Kept| format!("{} as {}", kept.path, kept.backup);
    kept.iter().map(each).collect::<Vec<_>>().join(", ")
}

fn list_problems(problems: &[Problem]) -> String {
    use std::fmt::Write as _;
    let mut out = match problems.len() {
        1 => "one target cannot be written; nothing was changed".to_owned(),
        n => format!("{n} targets cannot be written; nothing was changed"),
    };
    for problem in problems {
        let _ = write!(out, "\n- {problem}");
    }
    out
}
