//! `hm nix repl`: a session in which texts are evaluated one after another.
//!
//! The session itself ([`session`]) knows no terminal: it gets a text and says what comes of it. Here is the conversation,
//! with whoever sits at a terminal ([`editor`]) or with a pipe.

mod act;
mod command;
mod complete;
mod editor;
mod load;
mod scope;
mod session;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::io::{BufRead, IsTerminal, Write};

use nix_eval::host::MessageLevel;
use nix_eval::show::Palette;
use nix_eval::{ErrorKind, Eval};
use nix_flake::Fetcher;
use nix_syntax::arena::Arena;

use self::session::{Outcome, Session, Surroundings};
use super::{Failure, ReplArguments, open_store, read_settings, select};
use crate::diagnostics::{self, Style};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::host::Machine;
use crate::output::{self, Output};
use crate::{evaluation, fetching};

/// The colours of Nix's own session.
const COLORS: Palette = Palette {
    atom: "\x1b[36;1m",
    text: "\x1b[35;1m",
    path: "\x1b[32;1m",
    function: "\x1b[34;1m",
    remark: "\x1b[35;1m",
    error: "\x1b[31;1m",
    end: "\x1b[0m",
};

/// Where the texts come from.
trait Input {
    /// The next line; `continued` is whether it belongs to a text that is not finished.
    fn line(&mut self, continued: bool) -> Result<Line, CommandError>;

    /// Takes note that a text was entered.
    fn entered(&mut self, text: &[u8]);
}

/// What somebody did at the prompt.
enum Line {
    /// Entered a line, which is here without its end.
    Text(Vec<u8>),
    /// Gave up what was begun.
    Interrupted,
    /// Left.
    End,
}

/// Standard input that is no terminal.
struct Piped;

impl Input for Piped {
    fn line(&mut self, _: bool) -> Result<Line, CommandError> {
        let mut line = Vec::new();
        if std::io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
            return Ok(Line::End);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        Ok(Line::Text(line))
    }

    fn entered(&mut self, _: &[u8]) {}
}

/// Runs the session until it is left.
///
/// # Errors
/// When the store or an argument is wrong, or nobody takes the output any more; what the entered texts run into ends
/// nothing.
pub(super) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &ReplArguments,
) -> Result<(), CommandError> {
    let given = read_settings(environment, output, &arguments.shared.option)?;
    let read_only = !arguments.read_write_mode;
    let store = open_store(environment, &arguments.shared, read_only)?;
    let quiet = Cell::new(false);
    let message = |level: MessageLevel, text: &str| {
        if !quiet.get() {
            evaluation::print_message(level, text);
        }
    };
    let warn = |text: &str| message(MessageLevel::Notice, text);
    let fetcher =
        Fetcher::new(store.as_ref(), fetching::config(environment, &given)?, &warn).computed(read_only);
    let machine = Machine::new(store.as_ref(), &fetcher, &message).read_only(read_only);
    let arena = Arena::new();
    let eval =
        Eval::new(&arena, &machine, evaluation::settings(environment, &given, &arguments.shared.include)?);
    let color = output.color();
    let show_trace = arguments.shared.show_trace || given.flag("show-trace") == Some(true);
    let style = Style { color, full_trace: show_trace };
    let automatic = select::automatic_arguments(&eval, &arguments.shared, environment)
        .map_err(|error| diagnostics::command_error(&eval, &error, style))?;
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let tell = |error, full_trace| report(&eval, error, Style { color, full_trace });
    let session = RefCell::new(Session::new(Surroundings {
        eval: &eval,
        environment,
        store: store.as_ref(),
        automatic,
        quiet: &quiet,
        note: &note,
        report: &tell,
        palette: if terminal && !environment.no_color { COLORS } else { Palette::default() },
        show_trace,
    }));
    if terminal {
        note(&format!("hm {}, the language of Nix {}", env!("CARGO_PKG_VERSION"), eval.settings.nix_version));
        note("Type :? for help.");
    }
    session.borrow_mut().begin(&arguments.files, arguments.expression);
    if terminal {
        // While a line is edited, Ctrl-C is a key.
        let interrupt = signal_hook::consts::SIGINT;
        signal_hook::flag::register_usize(interrupt, eval.interrupter(), nix_eval::eval::INTERRUPT)?;
        let mut input = editor::Prompt::new(&session, environment)?;
        converse(&mut input, &session, true)
    } else {
        converse(&mut Piped, &session, false)
    }
}

/// Says something beside the results.
fn note(text: &str) {
    _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn report(eval: &Eval<'_>, failure: Failure, style: Style) {
    output::print_error(&match failure {
        // Where it was by chance says nothing.
        Failure::Eval(error) if error.kind == ErrorKind::Interrupted => CommandError::user(error.message),
        Failure::Eval(error) => diagnostics::command_error(eval, &error, style),
        Failure::Command(error) => error,
    });
}

fn converse(
    input: &mut dyn Input,
    session: &RefCell<Session<'_, '_>>,
    terminal: bool,
) -> Result<(), CommandError> {
    let mut text = Vec::new();
    let mut unfinished = None;
    loop {
        match input.line(unfinished.is_some())? {
            Line::Text(line) => {
                text.extend_from_slice(&line);
                text.push(b'\n');
            }
            Line::Interrupted => {
                text.clear();
                unfinished = None;
                continue;
            }
            Line::End => {
                if let Some(error) = unfinished {
                    session.borrow().report(Failure::Eval(error));
                }
                return Ok(());
            }
        }
        // Results are held back until they are whole, so that what programs say meanwhile does not get between.
        let mut out = Vec::new();
        let outcome = session.borrow_mut().enter(&text, &mut out);
        if terminal && !matches!(outcome, Ok(Outcome::Unfinished(_) | Outcome::Quit)) {
            out.push(b'\n');
        }
        unfinished = None;
        match outcome {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Unfinished(error)) => {
                unfinished = Some(error);
                continue;
            }
            Ok(Outcome::Quit) => {
                input.entered(&text);
                return Ok(());
            }
            Err(failure) => session.borrow().report(failure),
        }
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&out)?;
        stdout.flush()?;
        input.entered(&text);
        text.clear();
    }
}
