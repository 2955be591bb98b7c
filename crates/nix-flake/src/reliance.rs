//! What the answers of a fetcher rely on beside what was asked: for whoever wants to know whether they would be the same
//! again.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What was relied on since the fetcher was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reliance {
    /// When something that is known by a URL or a branch is to be asked for again, in seconds since the epoch.
    pub until: Option<u64>,
    /// Files of this machine that were looked at in place, and directories with all that is in them.
    pub local: BTreeSet<PathBuf>,
    /// Why the answers may be others the next time although nothing of that has changed: a repository on this machine was
    /// looked at, a server did not answer.
    pub untold: Option<&'static str>,
}

/// The notes that become a [`Reliance`].
#[derive(Debug, Default)]
pub(crate) struct Notes(RefCell<Reliance>);

impl Notes {
    /// Something is to be asked for again at `time`.
    pub(crate) fn until(&self, time: u64) {
        let mut notes = self.0.borrow_mut();
        notes.until = Some(notes.until.map_or(time, |earlier| earlier.min(time)));
    }

    /// A file or tree of this machine was looked at.
    pub(crate) fn local(&self, path: &Path) {
        self.0.borrow_mut().local.insert(path.to_owned());
    }

    /// Something was looked at that cannot be told.
    pub(crate) fn untold(&self, why: &'static str) {
        self.0.borrow_mut().untold.get_or_insert(why);
    }

    pub(crate) fn so_far(&self) -> Reliance {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_first_counts() {
        let notes = Notes::default();
        assert_eq!(notes.so_far(), Reliance::default());
        notes.until(20);
        notes.until(10);
        notes.until(30);
        notes.untold("first");
        notes.untold("second");
        notes.local(Path::new("/a"));
        let expected =
            Reliance { until: Some(10), local: BTreeSet::from([PathBuf::from("/a")]), untold: Some("first") };
        assert_eq!(notes.so_far(), expected);
    }
}
