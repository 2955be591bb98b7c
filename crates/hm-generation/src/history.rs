//! Which generation was current when: what a process runs by that was started in the meantime.
//!
//! A switch may leave a unit running that has changed, and the manager remembers of it only when it was started. So each
//! switch notes down when it committed, by the clock that counts from boot: it is what systemd keeps times by, and nobody
//! sets it. What was before the boot says only which generation the boot found.
//!
//! The notes explain, and nothing is decided by them. What cannot be read counts as nothing known.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::home::HomeEnv;
use crate::journal::Side;

/// The file's name in the state directory.
pub(crate) const HISTORY: &str = "history.json";

/// The form of the file that is written, and the newest that is understood.
const VERSION: u64 = 1;

/// How many switches of one boot are kept in mind. A unit that has run for longer is not told about.
const KEPT: usize = 500;

/// When which generation became current, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    version: u64,
    switches: Vec<Switched>,
}

/// One generation becoming current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Switched {
    generation: Side,
    at: Instant,
}

/// A moment between two starts of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Instant {
    /// The kernel's name for the time since this start.
    boot: String,
    /// Microseconds since then, without those asleep.
    monotonic: u64,
}

impl Instant {
    /// Now. None where the kernel does not say.
    fn now() -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let since = Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
        Some(Self { boot, monotonic: u64::try_from(since.as_micros()).ok()? })
    }
}

impl History {
    /// What is known of the home.
    #[must_use]
    pub fn read(home: &HomeEnv) -> Self {
        Self::read_dir(&home.state_dir)
    }

    pub(crate) fn read_dir(state_dir: &Path) -> Self {
        let text = fs::read(state_dir.join(HISTORY)).unwrap_or_default();
        serde_json::from_slice(&text)
            .ok()
            .filter(|history: &Self| history.version <= VERSION)
            .unwrap_or_default()
    }

    /// The generation that was current `monotonic` microseconds after the machine was started this time, if that is known.
    #[must_use]
    pub fn at(&self, monotonic: u64) -> Option<&Side> {
        self.at_instant(&Instant { monotonic, ..Instant::now()? })
    }

    fn at_instant(&self, instant: &Instant) -> Option<&Side> {
        let before = |switched: &&Switched| {
            switched.at.boot != instant.boot || switched.at.monotonic <= instant.monotonic
        };
        self.switches.iter().rev().find(before).map(|switched| &switched.generation)
    }

    /// Notes that a generation is current from now on. False where there is nothing to note.
    pub(crate) fn note(&mut self, generation: &Side) -> bool {
        Instant::now().is_some_and(|now| self.note_at(generation, now))
    }

    fn note_at(&mut self, generation: &Side, at: Instant) -> bool {
        if self.switches.last().is_some_and(|last| last.generation == *generation) {
            return false;
        }
        // Of what was before this boot, the last is what it found.
        let of_boot = |switched: &Switched| switched.at.boot == at.boot;
        let first = self.switches.iter().position(of_boot).unwrap_or(self.switches.len());
        self.switches.drain(..first.saturating_sub(1));
        self.switches.push(Switched { generation: generation.clone(), at });
        self.switches.drain(..self.switches.len().saturating_sub(KEPT));
        self.version = VERSION;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(id: u64) -> Side {
        Side { id, path: format!("/store/{id}").into() }
    }

    fn instant(boot: &str, monotonic: u64) -> Instant {
        Instant { boot: boot.to_owned(), monotonic }
    }

    fn check(history: &History, boot: &str, monotonic: u64, expected: Option<u64>) {
        let found = history.at_instant(&instant(boot, monotonic)).map(|side| side.id);
        assert_eq!(found, expected, "{boot} {monotonic}");
    }

    #[test]
    fn the_generation_of_a_moment() {
        let mut history = History::default();
        check(&history, "a", 5, None);
        assert!(history.note_at(&side(1), instant("a", 10)));
        assert!(history.note_at(&side(2), instant("a", 20)));
        assert!(!history.note_at(&side(2), instant("a", 25)));
        // Back to the first.
        assert!(history.note_at(&side(1), instant("a", 30)));
        check(&history, "a", 9, None);
        check(&history, "a", 10, Some(1));
        check(&history, "a", 29, Some(2));
        check(&history, "a", 99, Some(1));
    }

    #[test]
    fn a_boot_finds_the_last_generation() {
        let mut history = History::default();
        for (id, boot, monotonic) in [(1, "a", 10), (2, "a", 20), (3, "b", 5)] {
            history.note_at(&side(id), instant(boot, monotonic));
        }
        check(&history, "b", 1, Some(2));
        check(&history, "b", 5, Some(3));
        check(&history, "c", 0, Some(3));
        assert_eq!(history.switches.len(), 2, "the rest can be asked for no more");
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let mut history = History::default();
        for id in 0..2 * KEPT as u64 {
            history.note_at(&side(id), instant("a", id));
        }
        assert_eq!(history.switches.len(), KEPT);
        check(&history, "a", 1, None);
        check(&history, "a", u64::MAX, Some(2 * KEPT as u64 - 1));
    }

    #[test]
    fn what_cannot_be_read_is_not_known() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(History::read_dir(dir.path()), History::default());
        for text in ["", "{", r#"{"version":2,"switches":[]}"#, r#"{"version":2,"else":1}"#] {
            fs::write(dir.path().join(HISTORY), text).unwrap();
            assert_eq!(History::read_dir(dir.path()), History::default(), "{text}");
        }
        let mut history = History::default();
        assert!(history.note(&side(1)));
        fs::write(dir.path().join(HISTORY), serde_json::to_vec(&history).unwrap()).unwrap();
        assert_eq!(History::read_dir(dir.path()), history);
        assert_eq!(history.at(u64::MAX), Some(&side(1)));
    }
}
