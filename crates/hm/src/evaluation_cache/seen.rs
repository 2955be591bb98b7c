//! What an evaluation saw at one path, and whether the same would be seen now.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use nix_eval::host::{FileType, Host, HostError};
use nix_eval::strings::bytes_of;
use nix_formats::HashAlgo;

use super::bytes::{Reader, Writer};
use super::stamp::Stamp;
use crate::host::{is_program, kind_of};

/// A hash of something that was seen.
pub(super) type Digest = [u8; 32];

pub(super) fn digest(bytes: impl AsRef<[u8]>) -> Digest {
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(HashAlgo::Blake3.digest(bytes).bytes()) {
        *to = *from;
    }
    digest
}

/// The hash of a directory's entries, in whatever order they were given.
pub(super) fn digest_of_entries(entries: &[(Vec<u8>, FileType)]) -> Digest {
    let mut sorted: Vec<&(Vec<u8>, FileType)> = entries.iter().collect();
    sorted.sort();
    let mut text = Vec::new();
    for (name, kind) in sorted {
        text.extend_from_slice(name);
        // A name has neither of these.
        text.extend_from_slice(&[0, code(Some(*kind)), b'/']);
    }
    digest(text)
}

/// A question about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Kind,
    Executable,
    Link,
    Contents,
    Listing,
}

const ASKED: [Asked; 5] = [Asked::Kind, Asked::Executable, Asked::Link, Asked::Contents, Asked::Listing];

impl Asked {
    /// Why `host` does not answer it, if it does not.
    fn refusal(self, host: &dyn Host, path: &Path) -> Option<HostError> {
        match self {
            Asked::Kind => host.file_type(path).err(),
            Asked::Executable => host.is_executable(path).err(),
            Asked::Link => host.read_link(path).err(),
            Asked::Contents => host.read_file(path).err(),
            Asked::Listing => host.read_dir(path).err(),
        }
    }
}

/// What was read, and the status of what it was read from, taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) stamp: Stamp,
    pub(super) digest: Digest,
}

/// What was seen at a path; each part only if it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What is there, without following a link.
    pub(super) kind: Option<Option<FileType>>,
    pub(super) executable: Option<bool>,
    /// Where a link points.
    pub(super) link: Option<Digest>,
    pub(super) contents: Option<Read>,
    pub(super) listing: Option<Read>,
    /// Whether it leads to a program.
    pub(super) is_program: Option<bool>,
    /// Whether it leads to a directory.
    pub(super) is_folder: Option<bool>,
    /// The status of something that was looked at by others than the evaluator.
    pub(super) untouched: Option<Stamp>,
    /// What could not be answered, and why.
    pub(super) refused: Vec<(Asked, String)>,
}

/// What a look at a path again gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Something else than before.
    Other,
    /// The same.
    Same,
    /// The same, and stamps that were worth less have been replaced.
    Renewed,
}

impl Seen {
    /// Looks at `path` again. `start` is when that began.
    pub(super) fn again(&mut self, path: &Path, host: &dyn Host, start: SystemTime) -> Again {
        self.compare(path, host, start).unwrap_or(Again::Other)
    }

    fn compare(&mut self, path: &Path, host: &dyn Host, start: SystemTime) -> Option<Again> {
        let itself = std::fs::symlink_metadata(path);
        // For all but links one status says everything.
        let target = match &itself {
            Ok(metadata) if !metadata.is_symlink() => Some(metadata.clone()),
            _ => None,
        };
        let target = || target.clone().or_else(|| std::fs::metadata(path).ok());
        if let Some(kind) = self.kind {
            let found = match &itself {
                Ok(metadata) => Some(kind_of(metadata.file_type())),
                Err(error) => match error.kind() {
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => None,
                    _ => return None,
                },
            };
            same(found == kind)?;
        }
        if let Some(executable) = self.executable {
            same(is_executable(itself.as_ref().ok()?) == executable)?;
        }
        if let Some(known) = self.untouched {
            same(known.vouches_for(&Stamp::of(itself.as_ref().ok()?, start)))?;
        }
        if let Some(known) = self.link {
            same(digest(bytes_of(&host.read_link(path).ok()?)) == known)?;
        }
        if let Some(known) = self.is_folder {
            same(target().is_some_and(|found| found.is_dir()) == known)?;
        }
        if let Some(known) = self.is_program {
            same(target().is_some_and(|found| is_program(&found)) == known)?;
        }
        for (asked, why) in &self.refused {
            same(asked.refusal(host, path)?.0 == *why)?;
        }
        let mut renewed = false;
        if let Some(known) = &mut self.contents {
            let found = target().filter(Metadata::is_file)?;
            renewed |= known.renew(Stamp::of(&found, start), |stamp| {
                host.read_file(path).ok().map(|contents| Read::new(stamp, &contents))
            })?;
        }
        if let Some(known) = &mut self.listing {
            renewed |= known.renew(Stamp::of(&target()?, start), |stamp| {
                host.read_dir(path).ok().map(|entries| Read::of_entries(stamp, &entries))
            })?;
        }
        Some(if renewed { Again::Renewed } else { Again::Same })
    }

    pub(super) fn write(&self, out: &mut Writer) {
        let parts = [
            self.kind.is_some(),
            self.executable.is_some(),
            self.link.is_some(),
            self.contents.is_some(),
            self.listing.is_some(),
            self.is_folder.is_some(),
            self.untouched.is_some(),
            !self.refused.is_empty(),
            self.is_program.is_some(),
        ];
        out.number(parts.iter().enumerate().map(|(bit, part)| u64::from(*part) << bit).sum());
        if let Some(kind) = self.kind {
            out.fixed(&[code(kind)]);
        }
        for flag in [self.executable, self.is_folder, self.is_program].into_iter().flatten() {
            out.fixed(&[u8::from(flag)]);
        }
        if let Some(link) = &self.link {
            out.fixed(link);
        }
        for read in [&self.contents, &self.listing].into_iter().flatten() {
            read.stamp.write(out);
            out.fixed(&read.digest);
        }
        if let Some(stamp) = &self.untouched {
            stamp.write(out);
        }
        if !self.refused.is_empty() {
            out.number(self.refused.len() as u64);
        }
        for (asked, why) in &self.refused {
            out.number(ASKED.iter().position(|known| known == asked).unwrap_or_default() as u64);
            out.text(why.as_bytes());
        }
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Seen> {
        let parts = from.number()?;
        let has = |bit: u8| parts >> bit & 1 == 1;
        let mut seen = Seen::default();
        if has(0) {
            seen.kind = Some(decode(from.byte()?)?);
        }
        if has(1) {
            seen.executable = Some(from.byte()? == 1);
        }
        if has(5) {
            seen.is_folder = Some(from.byte()? == 1);
        }
        if has(8) {
            seen.is_program = Some(from.byte()? == 1);
        }
        if has(2) {
            seen.link = Some(from.fixed()?);
        }
        if has(3) {
            seen.contents = Some(Read { stamp: Stamp::read(from)?, digest: from.fixed()? });
        }
        if has(4) {
            seen.listing = Some(Read { stamp: Stamp::read(from)?, digest: from.fixed()? });
        }
        if has(6) {
            seen.untouched = Some(Stamp::read(from)?);
        }
        if has(7) {
            for _ in 0..from.count()? {
                let asked = ASKED.get(usize::try_from(from.number()?).ok()?)?;
                seen.refused.push((*asked, from.string()?));
            }
        }
        Some(seen)
    }
}

/// Gives up unless it is so.
fn same(is_so: bool) -> Option<()> {
    is_so.then_some(())
}

impl Read {
    /// A first look: a file whose size is not what was read of it, as those below /proc, has a status that tells nothing.
    pub(super) fn new(mut stamp: Stamp, contents: &[u8]) -> Read {
        stamp.trusted &= stamp.size == contents.len() as u64;
        Read { stamp, digest: digest(contents) }
    }

    /// The same for a directory. Where directories have no size, they may have no useful times either.
    pub(super) fn of_entries(mut stamp: Stamp, entries: &[(Vec<u8>, FileType)]) -> Read {
        stamp.trusted &= stamp.size > 0 || entries.is_empty();
        Read { stamp, digest: digest_of_entries(entries) }
    }

    /// Whether `found` vouches for what was read, or else reading again gives the same and a stamp that is worth more.
    fn renew(&mut self, found: Stamp, again: impl FnOnce(Stamp) -> Option<Read>) -> Option<bool> {
        if self.stamp.vouches_for(&found) {
            return Some(false);
        }
        let renewed = again(found)?;
        same(renewed.digest == self.digest)?;
        if !renewed.stamp.trusted {
            return Some(false);
        }
        *self = renewed;
        Some(true)
    }
}

pub(super) fn is_executable(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & 0o100 != 0
}

fn code(kind: Option<FileType>) -> u8 {
    match kind {
        None => 0,
        Some(FileType::Regular) => 1,
        Some(FileType::Directory) => 2,
        Some(FileType::Symlink) => 3,
        Some(FileType::Unknown) => 4,
    }
}

fn decode(code: u8) -> Option<Option<FileType>> {
    Some(match code {
        0 => None,
        1 => Some(FileType::Regular),
        2 => Some(FileType::Directory),
        3 => Some(FileType::Symlink),
        4 => Some(FileType::Unknown),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_read_as_written() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stamp = Stamp::of(&file.path().metadata().unwrap(), SystemTime::now());
        let read = Some(Read::new(stamp, b""));
        let all = Seen {
            kind: Some(Some(FileType::Symlink)),
            executable: Some(true),
            link: Some(digest("target")),
            contents: read,
            listing: read,
            is_program: Some(false),
            is_folder: Some(true),
            untouched: Some(stamp),
            refused: vec![(Asked::Listing, "Not a directory".to_owned()), (Asked::Kind, String::new())],
        };
        let absent = Seen { kind: Some(None), ..Seen::default() };
        for seen in [all, absent, Seen::default()] {
            let mut writer = Writer::default();
            seen.write(&mut writer);
            let bytes = writer.finish();
            assert_eq!(Seen::read(&mut Reader(&bytes)), Some(seen));
            for length in 0..bytes.len() {
                assert_eq!(Seen::read(&mut Reader(&bytes[..length])), None);
            }
        }
    }

    #[test]
    fn a_status_that_does_not_fit_is_not_trusted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let later = SystemTime::now() + std::time::Duration::from_secs(10);
        let stamp = Stamp::of(&file.path().metadata().unwrap(), later);
        assert!(stamp.trusted && Read::new(stamp, b"").stamp.trusted);
        // As below /proc, where files seem to be empty.
        assert!(!Read::new(stamp, b"contents").stamp.trusted);
        let entries = [(b"1".to_vec(), FileType::Directory)];
        assert!(
            Read::of_entries(stamp, &[]).stamp.trusted && !Read::of_entries(stamp, &entries).stamp.trusted
        );
    }

    #[test]
    fn entries_have_no_order() {
        let one = (b"a".to_vec(), FileType::Regular);
        let other = (b"b".to_vec(), FileType::Directory);
        let changed = (b"b".to_vec(), FileType::Regular);
        let all = digest_of_entries(&[one.clone(), other.clone()]);
        assert_eq!(all, digest_of_entries(&[other, one.clone()]));
        assert_ne!(all, digest_of_entries(&[one, changed]));
    }
}
