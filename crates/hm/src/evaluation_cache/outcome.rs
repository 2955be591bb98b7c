//! What came of an evaluation as its caller saw it: the words, and how it ended.

use std::cell::{Cell, RefCell};
use std::io::Write;

use nix_eval::host::MessageLevel;

use super::bytes::{Reader, Writer};
use crate::error::CommandError;
use crate::evaluation::print_message;

/// What an evaluation has said so far. Messages are kept as programs gave them: whether they may have colours is for
/// whoever reads them the next time.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    said: RefCell<Vec<Said>>,
    size: Cell<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Message(MessageLevel, String),
    Result(Vec<u8>),
}

/// From what size on, in bytes, an outcome is not worth its place.
pub(super) const TOO_LARGE: usize = 16 << 20;

impl Transcript {
    /// Prints a message and keeps it.
    pub(crate) fn message(&self, level: MessageLevel, text: &str) {
        print_message(level, text);
        self.keep(text.len(), || Said::Message(level, text.to_owned()));
    }

    /// Writes a result and keeps it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn result(&self, out: &mut dyn Write, text: &[u8]) -> std::io::Result<()> {
        self.keep(text.len(), || Said::Result(text.to_vec()));
        out.write_all(text)
    }

    /// Keeps a result that is not written.
    pub(crate) fn result_unwritten(&self, text: &[u8]) {
        self.keep(text.len(), || Said::Result(text.to_vec()));
    }

    fn keep(&self, size: usize, said: impl FnOnce() -> Said) {
        self.size.set(self.size.get().saturating_add(size));
        if self.size.get() < TOO_LARGE {
            self.said.borrow_mut().push(said());
        }
    }

    /// The whole, if it is not too large.
    pub(super) fn finish(&self, error: Option<&CommandError>) -> Option<Outcome> {
        let error = error.map(|error| (error.message.clone(), error.hints.clone()));
        (self.size.get() < TOO_LARGE).then(|| Outcome { said: self.said.borrow().clone(), error })
    }
}

/// All that an evaluation said, and the report with which it failed, if it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    said: Vec<Said>,
    error: Option<(String, Vec<String>)>,
}

impl Outcome {
    /// Says it all again, and hands each result to `take`.
    ///
    /// # Errors
    /// As the evaluation did; and those of `take`.
    pub(crate) fn replay(
        &self,
        mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), CommandError> {
        for said in &self.said {
            match said {
                Said::Message(level, text) => print_message(*level, text),
                Said::Result(text) => take(text)?,
            }
        }
        match &self.error {
            None => Ok(()),
            Some((report, hints)) => {
                Err(CommandError { hints: hints.clone(), ..CommandError::report(report.clone()) })
            }
        }
    }

    /// Whether it is a result.
    pub(super) fn is_success(&self) -> bool {
        self.error.is_none()
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.number(self.said.len() as u64);
        for said in &self.said {
            let (tag, text) = match said {
                Said::Result(text) => (0, text.as_slice()),
                Said::Message(MessageLevel::Trace, text) => (1, text.as_bytes()),
                Said::Message(MessageLevel::Warning, text) => (2, text.as_bytes()),
                Said::Message(MessageLevel::Notice, text) => (3, text.as_bytes()),
            };
            out.number(tag);
            out.text(text);
        }
        let texts = self.error.iter().flat_map(|(report, hints)| [report].into_iter().chain(hints));
        out.number(texts.clone().count() as u64);
        texts.for_each(|text| out.text(text.as_bytes()));
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Outcome> {
        let mut said = Vec::new();
        for _ in 0..from.count()? {
            let level = match from.number()? {
                0 => {
                    said.push(Said::Result(from.text()?.to_vec()));
                    continue;
                }
                1 => MessageLevel::Trace,
                2 => MessageLevel::Warning,
                3 => MessageLevel::Notice,
                _ => return None,
            };
            said.push(Said::Message(level, from.string()?));
        }
        let mut texts = Vec::new();
        for _ in 0..from.count()? {
            texts.push(from.string()?);
        }
        let mut texts = texts.into_iter();
        Some(Outcome { said, error: texts.next().map(|report| (report, texts.collect())) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_written() {
        let said = vec![
            Said::Message(MessageLevel::Trace, "a".to_owned()),
            Said::Result(b"\xff\n".to_vec()),
            Said::Message(MessageLevel::Notice, String::new()),
            Said::Message(MessageLevel::Warning, "w".to_owned()),
        ];
        for error in [None, Some(("report\n".to_owned(), vec!["hint".to_owned()]))] {
            let outcome = Outcome { said: said.clone(), error };
            let mut writer = Writer::default();
            outcome.write(&mut writer);
            assert_eq!(Outcome::read(&mut Reader(&writer.finish())), Some(outcome));
        }
    }

    #[test]
    fn an_outcome_that_is_too_large_is_none() {
        let transcript = Transcript::default();
        let mut sink = std::io::sink();
        transcript.result(&mut sink, &vec![0; TOO_LARGE / 2]).unwrap();
        transcript.result(&mut sink, &vec![0; TOO_LARGE / 2]).unwrap();
        assert_eq!(transcript.finish(None), None);
        assert!(Transcript::default().finish(None).is_some_and(|outcome| outcome.is_success()));
    }
}
