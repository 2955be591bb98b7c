//! The text of unit files: sections of `Key=value` lines, as systemd.syntax(7) has them.
//!
//! Parsing never fails. What systemd would skip with a warning is skipped here and comes back as a
//! [`SyntaxError`], so that a switch can go on and a check can complain.

use std::fmt;

/// One `Key=value` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What stands before the first `=`.
    pub key: String,
    /// What stands after it, without surrounding blanks. Continued lines are joined as systemd
    /// joins them: the backslash becomes a blank, the line break goes.
    pub value: String,
    /// Where the line begins, counted from 1; 0 if it does not come from a file.
    pub line: usize,
}

/// One `[Name]` with the lines that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What stands between the brackets.
    pub name: String,
    /// The lines, in their order.
    pub entries: Vec<Entry>,
    /// Where the header stands, counted from 1; 0 if it does not come from a file.
    pub line: usize,
}

/// A unit file or drop-in, as written: repeated sections and keys stay apart and in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// The sections, in their order.
    pub sections: Vec<Section>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// `[Name` without the closing bracket.
    UnclosedSection,
    /// A line without `=` that is no section header.
    MissingEquals,
    /// `=value`.
    MissingKey,
    /// An assignment before the first section header.
    OutsideOfSection,
    /// The text ends in the middle of a continued line.
    UnfinishedContinuation,
}

impl fmt::Display for SyntaxErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::UnclosedSection => "the section header has no closing bracket",
            Self::MissingEquals => "the line has no `=`",
            Self::MissingKey => "nothing stands before the `=`",
            Self::OutsideOfSection => "the assignment stands before the first section header",
            Self::UnfinishedContinuation => "the file ends after a backslash that continues the line",
        })
    }
}

/// A line that systemd skips, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}: `{text}`")]
pub struct SyntaxError {
    /// Where the line begins, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: SyntaxErrorKind,
    /// The line, continuations joined.
    pub text: String,
}

/// The blanks that systemd strips from lines, keys and values.
const BLANKS: &[char] = &[' ', '\t', '\n', '\r'];

impl Unit {
    /// Reads a unit file.
    pub fn parse(text: &str) -> (Self, Vec<SyntaxError>) {
        let mut parser = Parser::default();
        // Some editors write a byte order mark; systemd skips it too.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // A line that ends in a backslash, with the number of its first line.
        let mut pending: Option<(usize, String)> = None;
        for (index, raw) in text.split('\n').enumerate() {
            let raw = raw.strip_suffix('\r').unwrap_or(raw);
            // Comments are skipped even between the parts of a continued line.
            if raw.trim_start_matches(BLANKS).starts_with(['#', ';']) {
                continue;
            }
            let (first, mut line) = pending.take().unwrap_or_else(|| (index + 1, String::new()));
            line.push_str(raw);
            if ends_in_backslash(&line) {
                line.pop();
                line.push(' ');
                pending = Some((first, line));
            } else {
                parser.line(first, &line);
            }
        }
        if let Some((first, line)) = pending {
            let text = line.trim_matches(BLANKS).to_owned();
            let kind = SyntaxErrorKind::UnfinishedContinuation;
            parser.errors.push(SyntaxError { line: first, kind, text });
            parser.line(first, &line);
        }
        (parser.unit, parser.errors)
    }

    /// Adds a line to the last section of this name, or to a new one at the end.
    pub fn push(&mut self, section: &str, key: &str, value: &str) {
        let entry = Entry { key: key.to_owned(), value: value.trim_matches(BLANKS).to_owned(), line: 0 };
        match self.sections.iter_mut().rev().find(|existing| existing.name == section) {
            Some(existing) => existing.entries.push(entry),
            None => self.sections.push(Section { name: section.to_owned(), entries: vec![entry], line: 0 }),
        }
    }

    /// The values of a key in all sections of this name, in order, with empty assignments.
    pub fn raw_values<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a str> {
        self.sections
            .iter()
            .filter(move |candidate| candidate.name == section)
            .flat_map(|section| &section.entries)
            .filter(move |entry| entry.key == key)
            .map(|entry| entry.value.as_str())
    }

    /// The values of a key after the last empty assignment, which resets the list.
    pub fn values<'a>(&'a self, section: &str, key: &str) -> Vec<&'a str> {
        let mut values = Vec::new();
        for value in self.raw_values(section, key) {
            if value.is_empty() {
                values.clear();
            } else {
                values.push(value);
            }
        }
        values
    }

    /// The value of a key that has only one: the last assignment counts, an empty one resets it.
    pub fn value<'a>(&'a self, section: &str, key: &str) -> Option<&'a str> {
        self.raw_values(section, key).last().filter(|value| !value.is_empty())
    }

    /// A truth value; `None` if it is not set or not one that systemd reads.
    pub fn boolean(&self, section: &str, key: &str) -> Option<bool> {
        parse_boolean(self.value(section, key)?)
    }

    /// Appends the sections of a drop-in, which come after all that is there.
    pub fn append(&mut self, other: &Self) {
        self.sections.extend(other.sections.iter().cloned());
    }
}

/// Writes the text of the file. [`Unit::parse`] reads the same sections and entries from it.
impl fmt::Display for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, section) in self.sections.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            writeln!(formatter, "[{}]", section.name)?;
            for entry in &section.entries {
                // There is no way to write a line break into a value: systemd itself reads the
                // continued line as a blank, and so do we.
                let value = entry.value.replace('\n', "\\\n");
                // A blank after a last backslash keeps it from continuing the line.
                let guard = if ends_in_backslash(&value) { " " } else { "" };
                writeln!(formatter, "{}={value}{guard}", entry.key)?;
            }
        }
        Ok(())
    }
}

/// A truth value as systemd reads it; case does not matter.
pub fn parse_boolean(text: &str) -> Option<bool> {
    let is = |candidates: [&str; 5]| candidates.iter().any(|candidate| text.eq_ignore_ascii_case(candidate));
    if is(["1", "yes", "y", "true", "t"]) || text.eq_ignore_ascii_case("on") {
        Some(true)
    } else if is(["0", "no", "n", "false", "f"]) || text.eq_ignore_ascii_case("off") {
        Some(false)
    } else {
        None
    }
}

/// Whether the last backslash escapes what follows: two of them are one, not a continuation.
fn ends_in_backslash(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

#[derive(Default)]
struct Parser {
    unit: Unit,
    errors: Vec<SyntaxError>,
    /// The header before was broken: systemd keeps on reading into the section before that one,
    /// but what the author meant is unknown, so the lines are skipped.
    skipping: bool,
}

impl Parser {
    fn line(&mut self, line: usize, text: &str) {
        let text = text.trim_matches(BLANKS);
        if text.is_empty() {
            return;
        }
        if let Some(rest) = text.strip_prefix('[') {
            self.skipping = false;
            match rest.strip_suffix(']') {
                Some(name) => {
                    self.unit.sections.push(Section { name: name.to_owned(), entries: Vec::new(), line });
                }
                None => {
                    self.skipping = true;
                    self.error(line, SyntaxErrorKind::UnclosedSection, text);
                }
            }
            return;
        }
        match text.split_once('=') {
            None => self.error(line, SyntaxErrorKind::MissingEquals, text),
            Some(("", _)) => self.error(line, SyntaxErrorKind::MissingKey, text),
            Some(_) if self.skipping => {}
            Some((key, value)) => match self.unit.sections.last_mut() {
                None => self.error(line, SyntaxErrorKind::OutsideOfSection, text),
                Some(section) => section.entries.push(Entry {
                    key: key.trim_matches(BLANKS).to_owned(),
                    value: value.trim_matches(BLANKS).to_owned(),
                    line,
                }),
            },
        }
    }

    fn error(&mut self, line: usize, kind: SyntaxErrorKind, text: &str) {
        self.errors.push(SyntaxError { line, kind, text: text.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares what is read with `section.key=value@line` words, one a line.
    fn check(text: &str, expected: &[&str], errors: &[&str]) {
        let (unit, found) = Unit::parse(text);
        let shown: Vec<String> = unit
            .sections
            .iter()
            .flat_map(|section| {
                let entry =
                    |entry: &Entry| format!("{}.{}={}@{}", section.name, entry.key, entry.value, entry.line);
                section.entries.iter().map(entry)
            })
            .collect();
        assert_eq!(shown, expected, "{text:?}");
        let found: Vec<String> = found.iter().map(SyntaxError::to_string).collect();
        assert_eq!(found, errors, "{text:?}");
        // Reading back what is written gives the same, but for the lines' numbers.
        let strip = |mut unit: Unit| {
            for section in &mut unit.sections {
                section.line = 0;
                section.entries.iter_mut().for_each(|entry| entry.line = 0);
            }
            unit
        };
        let (again, errors) = Unit::parse(&unit.to_string());
        assert_eq!((strip(again), errors), (strip(unit), Vec::new()), "{text:?}");
    }

    #[test]
    fn assignments() {
        check("[Unit]\nA=b\n", &["Unit.A=b@2"], &[]);
        check("  [Unit]  \n \tA  =  b c \t\n", &["Unit.A=b c@2"], &[]);
        check("[U]\nA=b=c\nA=\nA=d", &["U.A=b=c@2", "U.A=@3", "U.A=d@4"], &[]);
        check("[A]\nx=1\n[B]\ny=2\n[A]\nx=3\n", &["A.x=1@2", "B.y=2@4", "A.x=3@6"], &[]);
        check("\u{feff}[A]\r\nx=1\r\n", &["A.x=1@2"], &[]);
        check("[A]\nx=\"quoted # not a comment\"\n", &["A.x=\"quoted # not a comment\"@2"], &[]);
        check("", &[], &[]);
    }

    #[test]
    fn comments() {
        check("# a\n[A]\n ; b\nx=1 # c\n#y=2\n", &["A.x=1 # c@4"], &[]);
    }

    #[test]
    fn continuations() {
        check("[A]\nx=a \\\n  b\\\nc\ny=1\n", &["A.x=a    b c@2", "A.y=1@5"], &[]);
        check("[A]\nx=a \\\n# comment\n; another\nb\n", &["A.x=a  b@2"], &[]);
        check("[A]\nx=a\\\\\ny=b\n", &["A.x=a\\\\@2", "A.y=b@3"], &[]);
        check("[A]\nx=a\\ \ny=b\n", &["A.x=a\\@2", "A.y=b@3"], &[]);
        check("[A]\nx=a\\\n\ny=b\n", &["A.x=a@2", "A.y=b@4"], &[]);
        check(
            "[A]\nx=a \\",
            &["A.x=a@2"],
            &["line 2: the file ends after a backslash that continues the line: `x=a`"],
        );
    }

    #[test]
    fn broken_lines_are_skipped_and_told() {
        check("x=1\n[A]\n", &[], &["line 1: the assignment stands before the first section header: `x=1`"]);
        check("[A]\nnonsense\nx=1\n", &["A.x=1@3"], &["line 2: the line has no `=`: `nonsense`"]);
        check("[A]\n=1\n", &[], &["line 2: nothing stands before the `=`: `=1`"]);
        check(
            "[A]\nx=1\n[B\ny=2\n[C]\nz=3\n",
            &["A.x=1@2", "C.z=3@6"],
            &["line 3: the section header has no closing bracket: `[B`"],
        );
    }

    #[test]
    fn effective_values() {
        let (unit, _) = Unit::parse("[S]\nE=a\nE=\nE=b\nE=c\nT=x\nT=y\nZ=1\nZ=\n[S]\nE=d\nR=oN\nQ=maybe\n");
        assert_eq!(unit.values("S", "E"), ["b", "c", "d"]);
        assert_eq!(unit.value("S", "T"), Some("y"));
        assert_eq!(unit.value("S", "Z"), None);
        assert_eq!(unit.boolean("S", "R"), Some(true));
        assert_eq!(unit.boolean("S", "Q"), None);
        assert_eq!(unit.values("X", "E"), Vec::<&str>::new());
    }

    #[test]
    fn built_and_written() {
        let mut unit = Unit::default();
        unit.push("Unit", "Description", " d ");
        unit.push("Service", "ExecStart", "/bin/a");
        unit.push("Unit", "After", "b.service");
        unit.push("Service", "Environment", "A=1\nB=2");
        insta::assert_snapshot!(unit, @r"
        [Unit]
        Description=d
        After=b.service

        [Service]
        ExecStart=/bin/a
        Environment=A=1\
        B=2
        ");
    }
}
