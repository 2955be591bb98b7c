//! The lines that `hm` keeps in a file that is otherwise the user's, such as `~/.profile`: as text, without any file.
//!
//! They stand between two lines of comment and come first in the file, so that adding and removing them leaves every
//! other byte as it was, whether the file ends in a newline or not, and so that what the user says below has the last
//! word. Where the user has moved them, they stay. That `hm` made the file itself is said in the first line: such a file
//! goes when nothing else is left in it.

/// How the first line begins.
const BEGIN: &str = "# >>> hm: ";
/// The rest of the first line, in a file that was there before.
const FOREIGN: &str = "do not edit up to the end of these lines, which hm keeps up to date >>>";
/// The rest of the first line, in a file that was made for the lines.
const MADE: &str = "hm made this file; do not edit up to the end of these lines >>>";
/// The last line.
const END: &str = "# <<< hm <<<";

/// The lines found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The lines, without the marking ones.
    pub text: String,
    /// Whether the file was made for them.
    pub made: bool,
    /// Whether the file holds nothing else.
    pub alone: bool,
}

/// What is wrong with the marking lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLines {
    /// A beginning without an end.
    #[error(
        "the line `# <<< hm <<<` that ends the lines of hm is missing; put it back, or remove the lines of hm"
    )]
    NoEnd,
    /// Two beginnings.
    #[error("it has the lines of hm twice; remove one of them")]
    Twice,
    /// Not text where it should be.
    #[error("the lines of hm in it are not UTF-8; remove them")]
    NotText,
}

/// The places of a block in a file: its first byte, its text, the byte after its last line.
struct Block {
    start: usize,
    text: (usize, usize),
    end: usize,
    made: bool,
}

/// Finds the lines in the contents of a file. None when it has none.
///
/// # Errors
/// [`BadLines`] when it cannot be told what is `hm`'s.
pub fn find(contents: &[u8]) -> Result<Option<Found>, BadLines> {
    let Some(block) = locate(contents)? else { return Ok(None) };
    let text = contents.get(block.text.0..block.text.1).unwrap_or_default();
    let text = std::str::from_utf8(text).map_err(|_| BadLines::NotText)?.to_owned();
    Ok(Some(Found { text, made: block.made, alone: block.start == 0 && block.end == contents.len() }))
}

/// The contents with these lines instead of those that are there, or without any. `made` says of lines that are new to
/// the file that it is made for them.
///
/// # Errors
/// As [`find`].
pub fn set(contents: &[u8], lines: Option<&str>, made: bool) -> Result<Vec<u8>, BadLines> {
    let (before, after, made) = match locate(contents)? {
        Some(block) => (
            contents.get(..block.start).unwrap_or_default(),
            contents.get(block.end..).unwrap_or_default(),
            block.made,
        ),
        None => (&[][..], contents, made),
    };
    let block = lines.map(|text| render(text, made)).unwrap_or_default();
    Ok([before, block.as_bytes(), after].concat())
}

/// The lines of a file that was made for them and holds nothing else.
pub(crate) fn only(contents: &[u8]) -> Option<String> {
    find(contents).ok()?.filter(|found| found.made && found.alone).map(|found| found.text)
}

fn render(text: &str, made: bool) -> String {
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{BEGIN}{}\n{text}{newline}{END}\n", if made { MADE } else { FOREIGN })
}

/// The lines as a file has them, which always end in a newline.
pub(crate) fn normal(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn locate(contents: &[u8]) -> Result<Option<Block>, BadLines> {
    let mut found: Option<Block> = None;
    let mut begun: Option<(usize, usize, bool)> = None;
    let mut at = 0;
    for line in contents.split_inclusive(|byte| *byte == b'\n') {
        let here = at;
        at += line.len();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(rest) = line.strip_prefix(BEGIN.as_bytes()) {
            if begun.is_some() || found.is_some() {
                return Err(BadLines::Twice);
            }
            begun = Some((here, at, rest == MADE.as_bytes()));
        } else if line == END.as_bytes()
            && let Some((start, text, made)) = begun.take()
        {
            found = Some(Block { start, text: (text, here), end: at, made });
        }
    }
    if begun.is_some() { Err(BadLines::NoEnd) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adding lines and taking them away again leaves `contents` as it was.
    fn round(contents: &str) {
        let with = set(contents.as_bytes(), Some("one\ntwo"), false).unwrap();
        let found = find(&with).unwrap().unwrap();
        assert_eq!(
            (found.text.as_str(), found.made, found.alone),
            ("one\ntwo\n", false, contents.is_empty())
        );
        assert_eq!(set(&with, Some("one\ntwo\n"), true).unwrap(), with, "{contents:?}");
        let other = set(&with, Some(""), false).unwrap();
        assert_eq!(find(&other).unwrap().unwrap().text, "");
        assert_eq!(set(&other, None, false).unwrap(), contents.as_bytes());
    }

    #[test]
    fn every_other_byte_stays() {
        for contents in ["", "\n", "a", "a\n", "a\n\n\nb", "# <<< hm <<<\n", "\u{feff}x"] {
            round(contents);
        }
        let bytes = [0xff, 0xfe, b'\n', 0];
        let with = set(&bytes, Some("x"), false).unwrap();
        assert_eq!(set(&with, None, false).unwrap(), bytes);
    }

    #[test]
    fn lines_stay_where_they_were_moved_to() {
        let with = String::from_utf8(set(b"", Some("x"), false).unwrap()).unwrap();
        let moved = format!("mine\n{with}also mine");
        let changed = String::from_utf8(set(moved.as_bytes(), Some("y"), false).unwrap()).unwrap();
        assert_eq!(changed, moved.replace("\nx\n", "\ny\n"));
        assert_eq!(set(changed.as_bytes(), None, false).unwrap(), b"mine\nalso mine");
        let cut = with.trim_end();
        assert_eq!(find(cut.as_bytes()).unwrap().unwrap().text, "x\n");
        assert_eq!(set(cut.as_bytes(), None, false).unwrap(), b"");
    }

    #[test]
    fn a_file_made_for_the_lines_says_so() {
        let made = set(b"", Some("x"), true).unwrap();
        assert_eq!(only(&made).as_deref(), Some("x\n"));
        assert_eq!(only(&set(&made, Some("y"), false).unwrap()).as_deref(), Some("y\n"));
        assert_eq!(only(&[made.as_slice(), b"mine"].concat()), None);
        assert_eq!(only(&set(b"", Some("x"), false).unwrap()), None);
    }

    #[test]
    fn marks_that_cannot_be_told() {
        let with = set(b"", Some("x"), false).unwrap();
        assert_eq!(find(&[with.clone(), with.clone()].concat()), Err(BadLines::Twice));
        assert_eq!(set(&with[..with.len() - 4], None, false), Err(BadLines::NoEnd));
    }
}
