//! Which evaluations are the same: the name of a record says which program evaluates what, and how.

use std::fmt::Debug;
use std::os::unix::fs::MetadataExt;

use nix_formats::HashAlgo;

/// Everything that is known before an evaluation begins and may have a part in its outcome.
#[derive(Debug)]
pub(crate) struct Key(String);

impl Key {
    /// The key of what this very program evaluates for this user; `None` where it does not know itself.
    pub(crate) fn new() -> Option<Key> {
        // Whoever builds or installs another program at this place leaves another status.
        let program = std::fs::metadata("/proc/self/exe").ok()?;
        let mut key = Key(String::new());
        key.add("version", env!("CARGO_PKG_VERSION"));
        key.add(
            "program",
            [
                program.dev() as i64,
                program.ino() as i64,
                program.size() as i64,
                program.mtime(),
                program.mtime_nsec(),
                program.ctime(),
                program.ctime_nsec(),
            ],
        );
        use rustix::process::{getegid, geteuid, getgid, getgroups, getuid};
        // Who it is decides what may be read.
        let groups: Vec<u32> = getgroups().ok()?.iter().map(|group| group.as_raw()).collect();
        key.add("user", (getuid().as_raw(), geteuid().as_raw()));
        key.add("groups", (getgid().as_raw(), getegid().as_raw(), groups));
        Some(key)
    }

    /// Adds a part. What it shows for debugging has to be the whole of it.
    pub(crate) fn add(&mut self, name: &str, part: impl Debug) {
        self.0.push_str(&format!("{name}: {part:?}\n"));
    }

    /// The name of the record.
    pub(super) fn name(&self) -> String {
        HashAlgo::Sha256.digest(&self.0).to_nix32()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_name() {
        let name = |parts: &[(&str, &str)]| {
            let mut key = Key::new().unwrap();
            parts.iter().for_each(|(name, part)| key.add(name, part));
            key.name()
        };
        assert_eq!(name(&[("a", "b")]), name(&[("a", "b")]));
        assert_ne!(name(&[("a", "b")]), name(&[("a", "c")]));
        assert_ne!(name(&[("a", "b\nc: \"d\"")]), name(&[("a", "b"), ("c", "d")]));
    }
}
