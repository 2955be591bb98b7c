//! A file's status as evidence that it is still the same, and when that may be believed.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bytes::{Reader, Writer};

/// What a file system says of a file without reading it. Whoever changes the file changes this, the time of change above
/// all, which nobody can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    pub(super) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// Whether a later change could not have left this stamp as it is.
    pub(super) trusted: bool,
}

/// The steps in which the kernel counts the time of changes, with room to spare.
const STEP: Duration = Duration::from_millis(50);

/// The same where the file system keeps whole seconds, or pairs of them.
const COARSE_STEP: Duration = Duration::from_millis(2500);

impl Stamp {
    /// The stamp in `metadata`. It is trusted when the file was changed for the last time so long before `start`, when
    /// nothing had been looked at yet, that the next change must get another time.
    pub(super) fn of(metadata: &Metadata, start: SystemTime) -> Stamp {
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        let step = if changed.1 == 0 { COARSE_STEP } else { STEP };
        let limit = start
            .checked_sub(step)
            .and_then(|limit| limit.duration_since(UNIX_EPOCH).ok())
            .map_or((0, 0), |limit| (limit.as_secs() as i64, i64::from(limit.subsec_nanos())));
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            modified,
            changed,
            trusted: changed < limit && modified < limit,
        }
    }

    /// Whether the file is certainly the one that `self` was taken of, as it was.
    pub(super) fn vouches_for(&self, found: &Stamp) -> bool {
        self.trusted && Stamp { trusted: true, ..*found } == *self
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.number(u64::from(self.trusted));
        // Negative times are huge numbers, and come back as they were.
        for number in [self.device, self.inode, self.size] {
            out.number(number);
        }
        for (seconds, nanoseconds) in [self.modified, self.changed] {
            out.number(seconds as u64);
            out.number(nanoseconds as u64);
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Stamp> {
        let trusted = from.number()? == 1;
        let (device, inode, size) = (from.number()?, from.number()?, from.number()?);
        let mut time = || Some((from.number()? as i64, from.number()? as i64));
        Some(Stamp { device, inode, size, modified: time()?, changed: time()?, trusted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_rested_is_trusted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stamp = |start| Stamp::of(&file.path().metadata().unwrap(), start);
        let now = SystemTime::now();
        assert!(!stamp(now).trusted && !stamp(now).vouches_for(&stamp(now)));
        let later = stamp(now + Duration::from_secs(10));
        assert!(later.trusted && later.vouches_for(&stamp(now)));
        file.as_file().set_len(1).unwrap();
        assert!(!later.vouches_for(&stamp(now)));
    }

    #[test]
    fn a_time_that_is_yet_to_come_is_never_trusted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let now = SystemTime::now();
        file.as_file().set_modified(now + Duration::from_secs(1_000)).unwrap();
        let metadata = file.path().metadata().unwrap();
        assert!(!Stamp::of(&metadata, now + Duration::from_secs(10)).trusted);
    }

    #[test]
    fn stamps_are_read_as_written() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_modified(UNIX_EPOCH - Duration::from_millis(1_500)).unwrap();
        let stamp = Stamp::of(&file.path().metadata().unwrap(), SystemTime::now());
        let mut writer = Writer::default();
        stamp.write(&mut writer);
        assert_eq!(Stamp::read(&mut Reader(&writer.finish())), Some(stamp));
    }
}
