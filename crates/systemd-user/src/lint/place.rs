//! Where in a unit file something stands.

use std::ops::Range;

use crate::unit::Entry;

/// A place in a file, and how many bytes it takes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The line, from 1.
    pub(super) line: usize,
    /// The column, in bytes from 1.
    pub(super) column: usize,
    /// The length in bytes.
    pub(super) length: usize,
}

const BLANKS: &[char] = &[' ', '\t', '\r'];

/// A whole line, without the blanks around it.
pub(super) fn line(text: &str, line: usize) -> Place {
    let found = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let plain = found.trim_matches(BLANKS);
    let column = 1 + (found.len() - found.trim_start_matches(BLANKS).len());
    Place { line, column, length: plain.len().max(1) }
}

/// The name of a directive.
pub(super) fn key(text: &str, entry: &Entry) -> Place {
    Place { length: entry.key.len().max(1), ..line(text, entry.line) }
}

/// A part of a directive's value, which may stand on a later line where the value is continued.
pub(super) fn value(text: &str, entry: &Entry, part: &Range<usize>) -> Place {
    // The pieces that the value is joined from: number of the line, offset in it, text.
    let mut pieces: Vec<(usize, usize, &str)> = Vec::new();
    for (index, raw) in text.split('\n').enumerate().skip(entry.line.saturating_sub(1)) {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        if !pieces.is_empty() && raw.trim_start_matches(BLANKS).starts_with(['#', ';']) {
            continue;
        }
        let start = if pieces.is_empty() { raw.find('=').map_or(0, |at| at + 1) } else { 0 };
        let piece = raw.get(start..).unwrap_or_default();
        pieces.push((index + 1, start, piece));
        if piece.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0 {
            break;
        }
    }
    // The blanks before the value are no part of it; a continuation's backslash is one of them.
    let last = pieces.len().saturating_sub(1);
    let mut offset = part.start;
    for (index, (_, _, piece)) in pieces.iter().enumerate() {
        let continued = if index < last { piece.strip_suffix('\\').unwrap_or(piece) } else { piece };
        let blank = continued.len() - continued.trim_start_matches(BLANKS).len();
        if blank < continued.len() {
            offset += blank;
            break;
        }
        offset += piece.len();
    }
    for (line, start, piece) in pieces {
        if offset < piece.len() {
            let length = part.len().min(piece.len() - offset).max(1);
            return Place { line, column: start + offset + 1, length };
        }
        offset -= piece.len();
    }
    key(text, entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Unit;

    #[test]
    fn parts_of_values() {
        let check = |text: &str, word: &str, line: usize, column: usize| {
            let (unit, _) = Unit::parse(text);
            let entry = &unit.sections[0].entries[0];
            let start = entry.value.find(word).unwrap();
            let found = value(text, entry, &(start..start + word.len()));
            assert_eq!(found, Place { line, column, length: word.len() }, "{text}");
        };
        check("[A]\nx=one two\n", "two", 2, 7);
        check("[A]\n  x =  one two\r\n", "one", 2, 8);
        check("[A]\nx=one \\\n  two\n", "two", 3, 3);
        check("[A]\nx=one \\\n# comment\ntwo three\n", "three", 4, 5);
        check("[A]\nx=\\\n  two\n", "two", 3, 3);
        let (unit, _) = Unit::parse("[A]\n  xyz=1\n");
        assert_eq!(
            key("[A]\n  xyz=1\n", &unit.sections[0].entries[0]),
            Place { line: 2, column: 3, length: 3 }
        );
    }
}
