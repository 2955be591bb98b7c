//! The files of one evaluation and the places in them.
//!
//! Every file gets a range of one number line, so that a place anywhere is a single [`Pos`]. Lines and columns are
//! computed when somebody asks, which is when an error is shown or a position is read by a program.

use std::cell::RefCell;

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
    /// The line's text, without its end.
    pub text: String,
}

struct File<'a> {
    base: u32,
    origin: Origin,
    text: &'a [u8],
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

    /// Enters a text and returns the [`FileBase`] that turns its offsets into places.
    pub fn add(&self, origin: Origin, text: &'a [u8]) -> FileBase {
        let mut files = self.files.borrow_mut();
        let base =
            files.last().map_or(1, |file| file.base.saturating_add(file.text.len() as u32).saturating_add(1));
        files.push(File { base, origin, text });
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
    pub fn text(&self, pos: Pos) -> Option<(&'a [u8], u32)> {
        let files = self.files.borrow();
        let index = files.partition_point(|file| file.base <= pos.0).checked_sub(1)?;
        let file = files.get(index).filter(|_| pos.is_some())?;
        Some((file.text, pos.0 - file.base))
    }

    /// The file, line and column of a place; `None` for [`Pos::NONE`].
    pub fn locate(&self, pos: Pos) -> Option<Location> {
        if !pos.is_some() {
            return None;
        }
        let files = self.files.borrow();
        let index = files.partition_point(|file| file.base <= pos.0).checked_sub(1)?;
        let file = files.get(index)?;
        let offset = ((pos.0 - file.base) as usize).min(file.text.len());
        let before = file.text.get(..offset)?;
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
        let rest = file.text.get(line_start..)?;
        let line_end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let text = String::from_utf8_lossy(rest.get(..line_end)?).trim_end_matches('\r').to_owned();
        Some(Location { origin: file.origin.clone(), line, column: (offset - line_start) as u32 + 1, text })
    }
}

/// Where a file's range begins.
#[derive(Clone, Copy, Debug)]
pub struct FileBase(u32);

impl FileBase {
    /// The place of a byte offset in the file.
    pub fn at(self, offset: u32) -> Pos {
        Pos(self.0.saturating_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&'static str], file: usize, offset: u32, expected: (u32, u32, &str)) {
        let map = SourceMap::new();
        let bases: Vec<FileBase> =
            texts.iter().map(|text| map.add(Origin::String, text.as_bytes())).collect();
        let found = map.locate(bases[file].at(offset)).unwrap();
        assert_eq!((found.line, found.column, found.text.as_str()), expected);
    }

    #[test]
    fn locates_lines_and_columns() {
        check(&["a\nbc\n"], 0, 0, (1, 1, "a"));
        check(&["a\nbc\n"], 0, 3, (2, 2, "bc"));
        check(&["a\nbc\n", "xyz"], 1, 2, (1, 3, "xyz"));
        check(&["", "", "q"], 2, 0, (1, 1, "q"));
        check(&["a\r\nb"], 0, 0, (1, 1, "a"));
        check(&["abc"], 0, 3, (1, 4, "abc"));
    }

    #[test]
    fn none_has_no_location() {
        assert_eq!(SourceMap::new().locate(Pos::NONE), None);
    }
}
