//! Values as lists of words, with quotes and escapes as systemd.syntax(7) has them.

use std::borrow::Cow;
use std::ops::Range;

/// What a backslash does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// It begins an escape of the C language.
    C,
    /// It is a character like others.
    None,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// Without quotes and escapes.
    pub(crate) text: Cow<'a, str>,
    /// Where it stands in the value, with its quotes.
    pub(crate) at: Range<usize>,
    /// The first escape in it that there is none of.
    pub(crate) bad_escape: Option<Range<usize>>,
}

/// A word that has no end: the place of the quote that is not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unbalanced(pub(crate) Range<usize>);

/// The words of a value.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    value: &'a str,
    next: usize,
    quotes: bool,
    escapes: Escapes,
}

impl<'a> Words<'a> {
    /// Words that may be quoted, with escapes.
    pub(crate) fn quoted(value: &'a str) -> Self {
        Self { value, next: 0, quotes: true, escapes: Escapes::C }
    }

    /// Words that may be quoted, with backslashes that mean nothing yet.
    pub(crate) fn raw(value: &'a str) -> Self {
        Self { value, next: 0, quotes: true, escapes: Escapes::None }
    }

    /// Words between blanks, whatever is in them. A backslash of a unit's name stays.
    pub(crate) fn plain(value: &'a str) -> Self {
        Self { value, next: 0, quotes: false, escapes: Escapes::None }
    }

    /// What was not read yet.
    pub(crate) fn rest(&self) -> &'a str {
        self.value.get(self.next..).unwrap_or_default()
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl<'a> Iterator for Words<'a> {
    type Item = Result<Word<'a>, Unbalanced>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest();
        let start = self.next + (rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len());
        let text = self.value.get(start..).filter(|text| !text.is_empty())?;
        let bytes = text.as_bytes();
        let special = |byte: u8| match byte {
            b'"' | b'\'' => self.quotes,
            b'\\' => self.escapes != Escapes::None,
            other => is_blank(other),
        };
        let plain = bytes.iter().position(|byte| special(*byte)).unwrap_or(bytes.len());
        if bytes.get(plain).is_none_or(|byte| is_blank(*byte)) {
            self.next = start + plain;
            let word = text.get(..plain).unwrap_or_default();
            return Some(Ok(Word { text: Cow::Borrowed(word), at: start..start + plain, bad_escape: None }));
        }
        let mut word = text.get(..plain).unwrap_or_default().to_owned();
        let (mut quote, mut bad_escape) = (None, None);
        let mut characters = text.char_indices().skip_while(skip_to(plain));
        while let Some((index, character)) = characters.next() {
            match (quote, character) {
                (None, ' ' | '\t' | '\n' | '\r') => {
                    self.next = start + index;
                    return Some(Ok(Word { text: Cow::Owned(word), at: start..start + index, bad_escape }));
                }
                (_, '\\') if self.escapes != Escapes::None => {
                    let after = text.get(index + 1..).unwrap_or_default();
                    let (length, meaning) = unescape(after);
                    match meaning {
                        Some(meaning) => {
                            word.push(meaning);
                            let end = index + 1 + length;
                            characters = text.char_indices().skip_while(skip_to(end));
                        }
                        None => {
                            bad_escape.get_or_insert(start + index..start + index + 1 + length);
                            word.push('\\');
                        }
                    }
                }
                (None, '"' | '\'') if self.quotes => quote = Some((character, index)),
                (Some((open, _)), _) if open == character => quote = None,
                _ => word.push(character),
            }
        }
        self.next = self.value.len();
        Some(match quote {
            Some((_, index)) => Err(Unbalanced(start + index..self.value.len())),
            None => Ok(Word { text: Cow::Owned(word), at: start..self.value.len(), bad_escape }),
        })
    }
}

/// Leaves out what stands before an offset.
fn skip_to(end: usize) -> impl FnMut(&(usize, char)) -> bool {
    move |(index, _)| *index < end
}

/// The character that an escape means, and how long it is behind its backslash. Where there is no such escape, the length of
/// what looks like one.
fn unescape(after: &str) -> (usize, Option<char>) {
    let number = |start: usize, length: usize, radix: u32| {
        let digits = after.get(start..start + length)?;
        let value = u32::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
        char::from_u32(value).filter(|character| *character != '\0')
    };
    let Some(first) = after.chars().next() else { return (0, None) };
    let simple = |meaning| (1, Some(meaning));
    match first {
        'a' => simple('\u{7}'),
        'b' => simple('\u{8}'),
        'f' => simple('\u{c}'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\u{b}'),
        '\\' | '"' | '\'' => simple(first),
        's' => simple(' '),
        'x' => number(1, 2, 16).map_or((1, None), |found| (3, Some(found))),
        'u' => number(1, 4, 16).map_or((1, None), |found| (5, Some(found))),
        'U' => number(1, 8, 16).map_or((1, None), |found| (9, Some(found))),
        '0'..='7' => number(0, 3, 8).map_or((1, None), |found| (3, Some(found))),
        other => (other.len_utf8(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: Words<'_>, expected: &[&str]) {
        let value = words.value;
        let shown: Vec<String> = words
            .map(|word| match word {
                Ok(Word { text, at, bad_escape: None }) => format!("{text}@{}-{}", at.start, at.end),
                Ok(Word { text, bad_escape: Some(bad), .. }) => format!("{text} bad {}", &value[bad]),
                Err(Unbalanced(at)) => format!("unbalanced {}", &value[at]),
            })
            .collect();
        assert_eq!(shown, expected, "{value}");
    }

    #[test]
    fn quoted() {
        check(Words::quoted(" a  b\tc"), &["a@1-2", "b@4-5", "c@6-7"]);
        check(Words::quoted(r#"a"b c"d 'e "f'"#), &["ab cd@0-7", "e \"f@8-14"]);
        check(Words::quoted(r"a\tb \x41 \101 \u00e4"), &["a\tb@0-4", "A@5-9", "A@10-14", "ä@15-21"]);
        check(Words::quoted(r"a\d \"), &[r"a\d bad \d", r"\ bad \"]);
        check(Words::quoted("a 'b c"), &["a@0-1", "unbalanced 'b c"]);
        check(Words::quoted("ä 'ö ü' x"), &["ä@0-2", "ö ü@3-10", "x@11-12"]);
        check(Words::quoted(""), &[]);
        check(Words::quoted("''"), &["@0-2"]);
    }

    #[test]
    fn plain() {
        check(Words::plain(r#"a\x20b "c d"#), &[r"a\x20b@0-6", "\"c@7-9", "d@10-11"]);
        check(Words::raw(r"'a\b c' d"), &[r"a\b c@0-7", "d@8-9"]);
    }
}
