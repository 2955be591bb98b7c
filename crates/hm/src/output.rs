//! The terminal: results on standard output, everything else on standard error.
//!
//! Progress is shown only when standard error is a terminal, and colour only where it is wanted. A command's result is
//! the same text whether anybody watches or not.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::filter::LevelFilter;

use crate::environment::Environment;
use crate::error::CommandError;

/// Where a command's words go.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    quiet: bool,
    verbose: bool,
    terminal: bool,
    color: bool,
    results_in_color: bool,
}

/// How often the sign of life turns.
const TICK: Duration = Duration::from_millis(80);

impl Output {
    /// Output at the asked-for detail; also sets up the log, which goes to standard error.
    pub(crate) fn new(environment: &Environment, quiet: bool, verbose: u8) -> Self {
        let level = match verbose {
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        };
        let level = if quiet { LevelFilter::ERROR } else { level };
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(io::stderr)
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .init();
        let terminal = io::stderr().is_terminal();
        let color = terminal && !environment.no_color;
        let results_in_color = io::stdout().is_terminal() && !environment.no_color;
        Output { quiet, verbose: verbose > 0, terminal, color, results_in_color }
    }

    /// Whether errors are coloured.
    pub(crate) fn color(&self) -> bool {
        self.color
    }

    /// Whether what was asked for is coloured: standard output may be a file while errors go to a terminal.
    pub(crate) fn colors_results(&self) -> bool {
        self.results_in_color
    }

    /// Whether what was asked for is read by somebody who can turn pages.
    pub(crate) fn pages_results(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether more is to be said than usual.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Writes lines of what was asked for, also when quiet.
    ///
    /// # Errors
    /// When nobody reads any more, or the disk is full.
    pub(crate) fn result(&self, text: impl fmt::Display) -> Result<(), CommandError> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}")?;
        Ok(stdout.flush()?)
    }

    /// Writes a line that tells what was done.
    ///
    /// # Errors
    /// As [`Self::result`].
    pub(crate) fn report(&self, text: impl fmt::Display) -> Result<(), CommandError> {
        if self.quiet { Ok(()) } else { self.result(text) }
    }

    /// Writes a warning. That nobody reads it is no reason to stop.
    pub(crate) fn warning(&self, text: impl fmt::Display) {
        if !self.quiet {
            _ = writeln!(io::stderr().lock(), "warning: {text}");
        }
    }

    /// Writes a remark that belongs neither to the result nor to its problems.
    pub(crate) fn note(&self, text: impl fmt::Display) {
        if !self.quiet {
            _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Writes a remark that only some want to read.
    pub(crate) fn note_verbose(&self, text: impl fmt::Display) {
        if self.verbose {
            self.note(text);
        }
    }

    /// Asks the user on the terminal. What is not a clear yes is a no.
    ///
    /// # Errors
    /// When there is no terminal to ask on.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool, CommandError> {
        if !(self.terminal && io::stdin().is_terminal()) {
            return Err(CommandError::user(format!("there is no terminal to ask on: {question}"))
                .hint("pass --yes to go ahead without being asked"));
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// A sign of life until it is dropped.
    pub(crate) fn progress(&self, text: &str) -> Progress {
        if self.quiet || !self.terminal {
            return Progress(None);
        }
        let bar = spinner();
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(TICK);
        Progress(Some(bar))
    }

    /// A sign of life that says what `text` returns at each moment, until it is dropped.
    pub(crate) fn live(&self, text: impl Fn() -> String + Send + Sync + 'static) -> Live {
        if self.quiet || !self.terminal {
            return Live(None);
        }
        let (bar, text) = (spinner(), Arc::new(text));
        let (until, dropped) = mpsc::channel::<()>();
        let (shown, now) = (bar.clone(), Arc::clone(&text));
        let thread = thread::spawn(move || {
            while let Err(mpsc::RecvTimeoutError::Timeout) = dropped.recv_timeout(TICK) {
                shown.set_message(now());
                shown.tick();
            }
        });
        Live(Some(Ticking { bar, text, until: Some(until), thread: Some(thread) }))
    }
}

/// A line that is cut off where the terminal ends. On one that cannot go back in a line there is none.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// A line on the terminal that says what is going on, and goes when this is dropped.
pub(crate) struct Progress(Option<ProgressBar>);

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A line on the terminal that always says what its text is now, and goes when this is dropped.
pub(crate) struct Live(Option<Ticking>);

struct Ticking {
    bar: ProgressBar,
    text: Arc<dyn Fn() -> String + Send + Sync>,
    /// Keeps the line up to date until this is gone.
    until: Option<mpsc::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Live {
    /// Writes a line that stays, above the one that goes.
    pub(crate) fn above(&self, line: String) {
        if let Some(Ticking { bar, text, .. }) = &self.0 {
            bar.set_message(text());
            bar.println(line);
        }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.until = None;
        self.thread.take().map(thread::JoinHandle::join);
        self.bar.finish_and_clear();
    }
}

/// Writes the error that a command ends with.
pub(crate) fn print_error(error: &CommandError) {
    _ = writeln!(io::stderr().lock(), "{error}");
}

/// `count` and the word, which gets an `s` unless there is one.
pub(crate) fn count(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// How many names a sentence bears before it says "and 12 more".
const NAMES: usize = 8;

/// Names as part of a sentence: `a, b and c`.
pub(crate) fn names<T: fmt::Display>(all: &[T]) -> String {
    let shown = if all.len() > NAMES + 1 { NAMES } else { all.len() };
    let mut parts: Vec<String> = all.iter().take(shown).map(ToString::to_string).collect();
    if all.len() > shown {
        parts.push(format!("{} more", all.len() - shown));
    }
    match parts.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_sentence() {
        let check = |number: usize, expected: &str| {
            let all: Vec<usize> = (1..=number).collect();
            assert_eq!(names(&all), expected);
        };
        check(0, "");
        check(1, "1");
        check(2, "1 and 2");
        check(3, "1, 2 and 3");
        check(9, "1, 2, 3, 4, 5, 6, 7, 8 and 9");
        check(10, "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
    }

    #[test]
    fn numbers_of_things() {
        assert_eq!((count(1, "link"), count(0, "link")), ("1 link".to_owned(), "0 links".to_owned()));
    }
}
