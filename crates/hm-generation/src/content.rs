//! What regular files hold: whether a file is what the new generation wants, or still what an earlier one put there.
//!
//! Files are opened beneath an open handle of their directory, never through a link, and never block.

use std::fs::File;
use std::io::Read;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::lines;

/// A regular file of `hm`'s own, by what it holds as long as nobody edits it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnFile {
    /// A copy of this file of a store.
    Copy(String),
    /// Nothing but these lines, in a file that was made for them.
    Lines(String),
}

/// At most this much of a foreign file is compared line by line for the message about it, in bytes.
const DIFF_LIMIT: u64 = 64 * 1024;
/// At most this many lines of difference are shown.
const DIFF_LINES: usize = 10;
/// A file into which lines go is a file that people write, not larger than this, in bytes.
pub(crate) const TEXT_LIMIT: u64 = 16 * 1024 * 1024;

/// Opens a file for reading, if it is one. A link is not followed, and a fifo does not block.
pub(crate) fn open(dir: BorrowedFd<'_>, name: &str) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::empty()).map(File::from)
}

/// Whether somebody may execute a file of this mode.
pub(crate) fn is_executable(mode: u32) -> bool {
    mode & 0o111 != 0
}

/// Whether the regular file `name` has the contents of `wanted`, and if not, how it differs. A file that cannot be
/// read is not the same.
pub(crate) fn compare(dir: BorrowedFd<'_>, name: &str, wanted: &Path) -> (bool, Option<String>) {
    let Ok(live) = open(dir, name) else { return (false, None) };
    let Ok(new) = File::open(wanted) else { return (false, None) };
    let (Ok(live_meta), Ok(new_meta)) = (live.metadata(), new.metadata()) else { return (false, None) };
    if !live_meta.is_file() || !new_meta.is_file() {
        return (false, None);
    }
    if live_meta.len() == new_meta.len() && same_bytes(&live, &new).unwrap_or(false) {
        return (true, None);
    }
    let difference = if live_meta.len().max(new_meta.len()) <= DIFF_LIMIT {
        text_difference(dir, name, wanted)
    } else {
        None
    };
    let sizes = || Some(format!("{} bytes, {} expected", live_meta.len(), new_meta.len()));
    (false, difference.or_else(sizes))
}

/// Whether the regular file `name` is a copy of the store's file `source`: the same contents, and executable if that is.
/// If it is not, how it differs.
pub(crate) fn is_copy(dir: BorrowedFd<'_>, name: &str, source: &Path) -> (bool, Option<String>) {
    let (same, difference) = compare(dir, name, source);
    if !same {
        return (false, difference);
    }
    let mode = |file: std::io::Result<File>| file.and_then(|file| Ok(file.metadata()?.mode())).ok();
    let live = mode(open(dir, name).map_err(Into::into)).map(is_executable);
    let wanted = mode(File::open(source)).map(is_executable);
    match (live, wanted) {
        (Some(live), Some(wanted)) if live == wanted => (true, None),
        (_, Some(true)) => (false, Some("it is not executable, and should be".to_owned())),
        _ => (false, Some("it is executable, and should not be".to_owned())),
    }
}

/// Whether the file `name` is `own`, unedited.
pub(crate) fn is_own(dir: BorrowedFd<'_>, name: &str, own: &OwnFile) -> bool {
    match own {
        OwnFile::Copy(source) => is_copy(dir, name, source.as_ref()).0,
        OwnFile::Lines(text) => {
            read_text(dir, name).is_ok_and(|(bytes, _)| lines::only(&bytes) == Some(text.clone()))
        }
    }
}

/// The file as one of `hm`'s own that holds nothing but lines, if it is that.
pub(crate) fn lines_only(dir: BorrowedFd<'_>, name: &str) -> Option<OwnFile> {
    let (bytes, _) = read_text(dir, name).ok()?;
    lines::only(&bytes).map(OwnFile::Lines)
}

/// The contents and the mode of a regular file that people write. `EFBIG` for one that is too large to be that, `EINVAL`
/// for what is no regular file.
pub(crate) fn read_text(dir: BorrowedFd<'_>, name: &str) -> Result<(Vec<u8>, u32), Errno> {
    let failed = |error: std::io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let file = open(dir, name)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(Errno::INVAL);
    }
    if metadata.len() > TEXT_LIMIT {
        return Err(Errno::FBIG);
    }
    let mut bytes = Vec::new();
    file.take(TEXT_LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes, metadata.mode() & 0o7777))
}

/// Whether two files of a store, which are of the same size, hold the same.
pub(crate) fn same_files(one: &Path, other: &Path) -> std::io::Result<bool> {
    same_bytes(&File::open(one)?, &File::open(other)?)
}

fn same_bytes(mut one: &File, mut other: &File) -> std::io::Result<bool> {
    let (mut left, mut right) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let length = one.read(&mut left)?;
        if length == 0 {
            return Ok(other.read(&mut right)? == 0);
        }
        let right = right.get_mut(..length).unwrap_or_default();
        other.read_exact(right)?;
        if left.get(..length) != Some(&*right) {
            return Ok(false);
        }
    }
}

/// The first changed lines between two text files: `-` what stands there, `+` what should.
fn text_difference(dir: BorrowedFd<'_>, name: &str, wanted: &Path) -> Option<String> {
    let mut live = Vec::new();
    open(dir, name).ok()?.take(DIFF_LIMIT).read_to_end(&mut live).ok()?;
    let live = String::from_utf8(live).ok()?;
    let new = String::from_utf8(std::fs::read(wanted).ok()?).ok()?;
    let diff = similar::TextDiff::from_lines(live.as_str(), new.as_str());
    let mut lines = Vec::new();
    let mut more = 0;
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            similar::ChangeTag::Equal => continue,
            similar::ChangeTag::Delete => '-',
            similar::ChangeTag::Insert => '+',
        };
        if lines.len() < DIFF_LINES {
            // Control characters of a foreign file do not belong on the reader's terminal.
            let text: String = change
                .value()
                .trim_end_matches('\n')
                .chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect();
            lines.push(format!("{sign}{text}"));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        lines.push(format!("… and {more} more changed lines"));
    }
    Some(lines.join("\n"))
}
