//! The regular expressions of `builtins.match` and `builtins.split`.
//!
//! Nix defines these builtins by what C++'s `std::regex` does with the *extended* grammar, in the
//! implementation of GNU libstdc++, on bytes, in the C locale. That is neither POSIX leftmost-longest nor
//! Perl: it is a depth-first search in which
//!
//! - a loop is greedy and gives back one repetition at a time, and once any path below it has been accepted
//!   it tries no fewer repetitions;
//! - an alternation always explores both sides, left first, and of the ends so found the longest wins, the
//!   first one found among equals;
//! - a loop whose body matches nothing is entered at most twice at one position;
//! - what a group captured stays captured when a later repetition does not pass through it.
//!
//! A full match therefore returns the first accepted path in that order, and a search the longest of the
//! paths it explores, which are not all paths. The search here gives the same answers from an explicit
//! stack, and remembers failures where they cannot depend on the path taken, so that patterns which take
//! exponential time in libstdc++ take linear time here.

mod charset;
mod exec;
mod memo;
mod parse;
mod program;
mod scan;
#[cfg(test)]
mod tests;

use exec::Machine;
use program::Program;
use thiserror::Error;

/// Why a pattern was refused, or a match given up. The variants are the error codes of `std::regex`.
///
/// Nix reports [`RegexError::Space`] as exceeded memory and everything else as an invalid expression; see
/// [`RegexError::is_limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RegexError {
    /// A backslash at the end of the pattern or before a character that needs none.
    #[error("invalid escape at byte {0} of the pattern")]
    Escape(usize),
    /// A bracket expression that is not closed, or holds something that cannot stand there.
    #[error("invalid bracket expression at byte {0} of the pattern")]
    Bracket(usize),
    /// Unbalanced parentheses, or a repetition with nothing to repeat.
    #[error("mismatched parenthesis or misplaced repetition at byte {0} of the pattern")]
    Paren(usize),
    /// A repetition count that is not closed.
    #[error("unclosed repetition count at byte {0} of the pattern")]
    Brace(usize),
    /// A repetition count that is not a number or whose bounds are reversed.
    #[error("invalid repetition count at byte {0} of the pattern")]
    BadBrace(usize),
    /// A range in a bracket expression whose ends are reversed or are not single characters.
    #[error("invalid range at byte {0} of the pattern")]
    Range(usize),
    /// An unknown collating element or class name.
    #[error("unknown collating element or character class at byte {0} of the pattern")]
    Collate(usize),
    /// A zero byte in the pattern.
    #[error("zero byte at byte {0} of the pattern")]
    Nul(usize),
    /// The automaton, or the effort of matching it, is larger than permitted.
    #[error("the expression needs too much memory or time")]
    Space,
}

impl RegexError {
    /// Whether Nix words this error as "memory limit exceeded" and not as "invalid regular expression".
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::Space)
    }
}

/// A half-open range of byte offsets into the searched text.
pub type Span = (usize, usize);

/// The spans of one match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures {
    span: Span,
    groups: Vec<Option<Span>>,
}

impl Captures {
    /// The whole match.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The groups in the order of their opening parentheses; `None` for a group that took no part.
    pub fn groups(&self) -> &[Option<Span>] {
        &self.groups
    }
}

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub struct Regex {
    program: Program,
}

impl Regex {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// Any [`RegexError`]: the same patterns are refused as by libstdc++, including those whose automaton
    /// has more than 100 000 states.
    pub fn new(pattern: &[u8]) -> Result<Self, RegexError> {
        Ok(Self { program: parse::parse(pattern)? })
    }

    /// How many groups the pattern has; every [`Captures`] of it has that many.
    pub fn group_count(&self) -> usize {
        self.program.group_count()
    }

    /// Matches all of `text`, as `builtins.match` does.
    ///
    /// # Errors
    /// [`RegexError::Space`] when the search is given up because it grew out of all proportion.
    pub fn full_match(&self, text: &[u8]) -> Result<Option<Captures>, RegexError> {
        if !text.starts_with(self.program.literal_prefix()) {
            return Ok(None);
        }
        Machine::new(&self.program, text)?.full_match()
    }

    /// Finds the first match that starts at or after `start`, which is taken for the beginning of a line
    /// only if it is 0. An empty match counts.
    ///
    /// # Errors
    /// As for [`Regex::full_match`].
    pub fn find_at(&self, text: &[u8], start: usize) -> Result<Option<Captures>, RegexError> {
        if start > text.len() {
            return Ok(None);
        }
        Machine::new(&self.program, text)?.search(start)
    }

    /// All matches in `text` that do not overlap, in the order and with the treatment of empty matches of
    /// `std::regex_iterator`, which is what `builtins.split` walks.
    pub fn matches<'r, 't>(&'r self, text: &'t [u8]) -> Matches<'r, 't> {
        Matches { machine: Some(Machine::new(&self.program, text)), last: None }
    }
}

/// The iterator that [`Regex::matches`] returns. It ends after the first error.
#[derive(Debug)]
pub struct Matches<'r, 't> {
    /// `None` when there are no more matches.
    machine: Option<Result<Machine<'r, 't>, RegexError>>,
    last: Option<Span>,
}

impl Iterator for Matches<'_, '_> {
    type Item = Result<Captures, RegexError>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = match self.machine.as_mut()? {
            Ok(machine) => match self.last {
                None => machine.search(0),
                Some(last) => machine.search_after(last),
            },
            Err(error) => Err(*error),
        };
        match &step {
            Ok(Some(captures)) => self.last = Some(captures.span),
            Ok(None) | Err(_) => self.machine = None,
        }
        step.transpose()
    }
}
