//! The files of one evaluation and the places in them.
//!
//! Every file gets a range of one number line, so that a place anywhere is a single [`Pos`]. Lines and columns are
//! computed when somebody asks, which is when an error is shown or a position is read by a program. For that only the
//! lengths of a file's lines are kept; the text itself can be read once more when it is to be shown.

use std::cell::RefCell;
use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use crate::arena::Arena;

/// A place in some file of a [`SourceMap`]. [`Pos::NONE`] is no place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Pos(u32);

impl Pos {
    /// No place.
    pub const NONE: Pos = Pos(0);

    /// Whether this is a place at all.
    pub fn is_some(self) -> bool {
        self.0 != 0
    }

    /// The number behind it, for compact storage.
    pub fn as_u32(self) -> u32 {
        self.0
    }
}

/// Where a source text came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file, by its absolute path.
    File(Vec<u8>),
    /// Text given on the command line.
    String,
    /// Text read from standard input.
    Stdin,
}

impl Origin {
    /// How the origin is shown in messages: a path, or Nix's `«string»` and `«stdin»`.
    pub fn display(&self) -> String {
        match self {
            Origin::File(path) => String::from_utf8_lossy(path).into_owned(),
            Origin::String => "«string»".to_owned(),
            Origin::Stdin => "«stdin»".to_owned(),
        }
    }
}

/// A place, spelled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The text it lies in.
    pub origin: Origin,
    /// Line, from one.
    pub line: u32,
    /// Column in bytes, from one.
    pub column: u32,
}

struct File<'a> {
    base: u32,
    origin: Origin,
    /// The text, if it cannot be had again.
    text: Option<&'a [u8]>,
    len: u32,
    hash: u64,
    lines: Lines<'a>,
}

/// The lengths of lines, ends included: bytes to be added up for each, of which all but its last one are [`MORE`]. What
/// comes behind the last end is not told.
#[derive(Clone, Copy)]
struct Lines<'a>(&'a [u8]);

/// The byte that is not the last one of a length.
const MORE: u8 = u8::MAX;

impl<'a> Lines<'a> {
    fn of(arena: &'a Arena, text: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(text.len() / 16);
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            let mut length = end + 1 - start;
            while length >= usize::from(MORE) {
                bytes.push(MORE);
                length -= usize::from(MORE);
            }
            bytes.push(length as u8);
            start = end + 1;
        }
        Lines(arena.alloc_slice_copy(&bytes))
    }

    /// The line in which an offset lies, from zero, and where that line begins.
    fn find(self, offset: usize) -> (u32, usize) {
        let (mut line, mut start, mut end) = (0, 0, 0);
        for byte in self.0 {
            end += usize::from(*byte);
            if end > offset {
                break;
            }
            if *byte != MORE {
                line += 1;
                start = end;
            }
        }
        (line, start)
    }
}

/// A source text, or how to have it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// The text itself.
    Kept(&'a [u8]),
    /// What is in the file at this path, as long as [`hash`] gives this for it.
    File(Vec<u8>, u64),
}

/// What tells a text from others.
pub fn hash(text: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}

/// All source texts of one evaluation.
#[derive(Default)]
pub struct SourceMap<'a> {
    files: RefCell<Vec<File<'a>>>,
}

impl<'a> SourceMap<'a> {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a text and returns the [`FileBase`] that turns its offsets into places. That of a file is not kept.
    pub fn add(&self, arena: &'a Arena, origin: Origin, text: &[u8]) -> FileBase {
        let mut files = self.files.borrow_mut();
        let base = files.last().map_or(1, |file| file.base.saturating_add(file.len).saturating_add(1));
        let kept = match origin {
            Origin::File(_) => None,
            Origin::String | Origin::Stdin => Some(&*arena.alloc_slice_copy(text)),
        };
        let (len, hash, lines) = (text.len() as u32, hash(text), Lines::of(arena, text));
        files.push(File { base, origin, text: kept, len, hash, lines });
        FileBase(base)
    }

    /// How many texts were entered.
    pub fn len(&self) -> usize {
        self.files.borrow().len()
    }

    /// Whether no text was entered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The whole text that a place lies in, and the place's offset in it.
    pub fn text(&self, pos: Pos) -> Option<(Text<'a>, u32)> {
        self.with_file(pos, |file, offset| {
            let text = match (&file.origin, file.text) {
                (_, Some(text)) => Text::Kept(text),
                (Origin::File(path), None) => Text::File(path.clone(), file.hash),
                (Origin::String | Origin::Stdin, None) => return None,
            };
            Some((text, offset))
        })
    }

    /// The offset of a place in its text.
    pub fn offset(&self, pos: Pos) -> Option<u32> {
        self.with_file(pos, |_, offset| Some(offset))
    }

    /// The file, line and column of a place; `None` for [`Pos::NONE`].
    pub fn locate(&self, pos: Pos) -> Option<Location> {
        self.with_file(pos, |file, offset| {
            let offset = offset.min(file.len) as usize;
            let (line, start) = file.lines.find(offset);
            let column = (offset - start) as u32 + 1;
            Some(Location { origin: file.origin.clone(), line: line + 1, column })
        })
    }

    /// What `look` finds in the file that a place lies in, given the place's offset.
    fn with_file<T>(&self, pos: Pos, look: impl FnOnce(&File<'a>, u32) -> Option<T>) -> Option<T> {
        let files = self.files.borrow();
        let index = files.partition_point(|file| file.base <= pos.0).checked_sub(1)?;
        let file = files.get(index).filter(|_| pos.is_some())?;
        look(file, pos.0 - file.base)
    }
}

/// The line of `text` that an offset lies in, without its end.
pub fn line_at(text: &[u8], offset: usize) -> &[u8] {
    let offset = offset.min(text.len());
    let (before, behind) = text.split_at(offset);
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = behind.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| offset + at);
    let line = text.get(start..end).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where a file's range begins.
#[derive(Clone, Copy, Debug)]
pub struct FileBase(u32);

impl FileBase {
    /// The base from which offsets are counted that begin at a place.
    pub(crate) fn of(pos: Pos) -> Self {
        FileBase(pos.0)
    }

    /// The place of a byte offset in the file.
    pub fn at(self, offset: u32) -> Pos {
        Pos(self.0.saturating_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], file: usize, offset: u32, expected: (u32, u32, &str)) {
        let arena = Arena::new();
        let map = SourceMap::new();
        let bases: Vec<FileBase> =
            texts.iter().map(|text| map.add(&arena, Origin::String, text.as_bytes())).collect();
        let pos = bases[file].at(offset);
        let found = map.locate(pos).unwrap();
        let (Text::Kept(text), at) = map.text(pos).unwrap() else { panic!("the text of no file is kept") };
        assert_eq!(at, offset);
        let line = std::str::from_utf8(line_at(text, at as usize)).unwrap();
        assert_eq!((found.line, found.column, line), expected);
    }

    #[test]
    fn locates_lines_and_columns() {
        check(&["a\nbc\n"], 0, 0, (1, 1, "a"));
        check(&["a\nbc\n"], 0, 1, (1, 2, "a"));
        check(&["a\nbc\n"], 0, 3, (2, 2, "bc"));
        check(&["a\nbc\n"], 0, 5, (3, 1, ""));
        check(&["a\nbc\n", "xyz"], 1, 2, (1, 3, "xyz"));
        check(&["", "", "q"], 2, 0, (1, 1, "q"));
        check(&["a\r\nb"], 0, 0, (1, 1, "a"));
        check(&["abc"], 0, 3, (1, 4, "abc"));
    }

    #[test]
    fn lines_may_have_any_length() {
        for length in [0, 1, 253, 254, 255, 256, 508, 509, 510, 511, 2000] {
            let line = "x".repeat(length);
            let text = format!("{line}\n{line}\nend");
            check(&[&text], 0, length as u32, (1, length as u32 + 1, &line));
            check(&[&text], 0, length as u32 + 1, (2, 1, &line));
            check(&[&text], 0, 2 * length as u32 + 3, (3, 2, "end"));
        }
    }

    #[test]
    fn texts_of_files_are_to_be_read_again() {
        let arena = Arena::new();
        let map = SourceMap::new();
        let pos = map.add(&arena, Origin::File(b"/f".to_vec()), b"a\nb").at(2);
        assert_eq!(map.text(pos), Some((Text::File(b"/f".to_vec(), hash(b"a\nb")), 2)));
        assert_ne!(hash(b"a\nb"), hash(b"a\nc"));
    }

    #[test]
    fn none_has_no_location() {
        assert_eq!(SourceMap::new().locate(Pos::NONE), None);
    }
}
